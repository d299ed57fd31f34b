using System.Text.Json;
using Interp.Texts;
using Interp.Runtime;
using Interp.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>Repeats the losses of a <c>perplexity.json</c>: mean next-token loss in nats of the first tokens of named documents.</summary>
public static class PerplexityReplay
{
    private const double Tolerance = 1e-4;

    /// <summary>One check per document and one for the loss pooled over all tokens.</summary>
    /// <exception cref="InterpException">A document is not in the corpus.</exception>
    public static IReadOnlyList<VerifyCheck> Run(LanguageModel model, Tokenizer tokenizer, string goldenFile, string corpus, Device device)
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(goldenFile));
        var expected = golden.RootElement.GetProperty("documents").EnumerateArray()
            .Select(item => (Id: item.GetProperty("id").GetString()!, Tokens: item.GetProperty("tokens").GetInt32(), Loss: item.GetProperty("loss").GetDouble()))
            .ToArray();
        var wanted = expected.Select(document => document.Id).ToHashSet();
        var texts = TextFiles.Open(corpus).Read().Where(document => wanted.Contains(document.Id)).ToDictionary(document => document.Id, document => document.Text);
        if (expected.FirstOrDefault(document => !texts.ContainsKey(document.Id)).Id is { } missing)
            throw new InterpException($"The corpus {corpus} has no document '{missing}', which {goldenFile} names; give the corpus it was made from.");

        var sums = new double[expected.Length];
        Workers.For(expected.Length, i =>
        {
            using var noGrad = no_grad();
            var ids = tokenizer.Encode(texts[expected[i].Id], addSpecialTokens: false).Ids.Take(expected[i].Tokens).Select(id => (long)id).ToArray();
            sums[i] = LossSum(model, ids, device);
        });
        var checks = expected.Select((document, i) => new VerifyCheck($"loss of {document.Id}", Math.Abs(sums[i] / (document.Tokens - 1) - document.Loss), Tolerance)).ToList();
        var pooled = sums.Sum() / expected.Sum(document => document.Tokens - 1);
        checks.Add(new VerifyCheck("pooled loss", Math.Abs(pooled - golden.RootElement.GetProperty("pooled").GetDouble()), Tolerance));
        return checks;
    }

    private static double LossSum(LanguageModel model, long[] ids, Device device)
    {
        using var scope = NewDisposeScope();
        var tokens = tensor(ids, [1, ids.Length], device: device);
        var logits = model.Logits(tokens)[0].narrow(0, 0, ids.Length - 1).to(ScalarType.Float64);
        return nn.functional.cross_entropy(logits, tokens[0].narrow(0, 1, ids.Length - 1), reduction: nn.Reduction.Sum).ToDouble();
    }
}
