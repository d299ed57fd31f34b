using Interp.Runtime;
using Interp.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>Compares a model with golden values of a reference library.</summary>
public static class ModelVerification
{
    private const double Absolute = 1e-4;
    private const double Relative = 1e-3;
    private const double Pooled = 0.05;

    /// <summary>
    /// Runs every <c>golden*.safetensors</c> of the folder, and its <c>generate.json</c>. For a Hugging Face folder values
    /// agree within 1e-4; for a .gguf hidden states within 1e-3 of their row's RMS and logits within 1e-3. In bfloat16, whose numbers
    /// have 8 bits, √(Σ|x−y|² / Σ|y|²) over all rows of a hidden state or the logits is at most 0.05, and tokens are not compared.
    /// </summary>
    /// <param name="path">The model.</param>
    /// <param name="goldenFolder">Where the golden files lie; null for the model's own folder.</param>
    /// <param name="corpus">The text that <c>perplexity.json</c> was made from; null to leave that out.</param>
    /// <param name="device">Device to run on.</param>
    /// <param name="precision">Precision of the run.</param>
    /// <exception cref="InterpException">There is no golden file, or the model cannot be read.</exception>
    public static VerifyReport Verify(string path, string? goldenFolder, string? corpus, Device device, ScalarType precision = ScalarType.Float32)
    {
        path = HuggingFaceCache.Resolve(path);
        var folder = goldenFolder ?? path;
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "golden*.safetensors") : [];
        if (files.Length == 0)
            throw new InterpException($"There is no golden*.safetensors in {folder}; name the folder that has them with --golden.");
        using var model = LanguageModel.Load(path, device, precision);
        var (checks, notes) = (new List<VerifyCheck>(), new List<string>());
        using var noGrad = no_grad();
        var coarse = precision == ScalarType.BFloat16;
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            using var golden = GoldenBatch.Open(file);
            using var scope = NewDisposeScope();
            using var run = golden.Run(model);
            checks.AddRange(coarse ? ComparePooled(golden, run) : Compare(golden, run, byRow: !Directory.Exists(path)));
            if (golden.Unknown.ToArray() is { Length: > 0 } unknown)
                notes.Add($"{golden.Label} also holds {string.Join(", ", unknown)}, which nothing is compared with.");
        }
        var continuation = Path.Combine(folder, "generate.json");
        if (File.Exists(continuation) && !coarse)
            checks.AddRange(Continue(model, continuation));
        var losses = Path.Combine(folder, "perplexity.json");
        if (corpus is not null && !File.Exists(losses))
            throw new InterpException($"There is no perplexity.json in {folder} to replay on {corpus}; leave --corpus out.");
        if (corpus is not null)
            checks.AddRange(PerplexityReplay.Run(model, Tokenizer.Load(path), losses, corpus, device));
        else if (File.Exists(losses))
            notes.Add("perplexity.json was left out; give its text with --corpus.");
        return new VerifyReport(checks, notes);
    }

    /// <summary>Hidden states and logits, each as a whole.</summary>
    private static List<VerifyCheck> ComparePooled(GoldenBatch golden, ModelRun run)
    {
        VerifyCheck Check(string name, Tensor ours) => new($"{golden.Label}: {name}", PooledDifference(golden, name, ours), Pooled);
        List<VerifyCheck> checks = [.. golden.Points.Select(pair => Check(pair.Name, run[pair.Point]))];
        if (golden.Holds("logits"))
            checks.Add(Check("logits", run.Logits!));
        return checks;
    }

    private static List<VerifyCheck> Compare(GoldenBatch golden, ModelRun run, bool byRow)
    {
        var tolerance = byRow ? Relative : Absolute;
        VerifyCheck Check(string name, double error) => new($"{golden.Label}: {name}", error, tolerance);
        List<VerifyCheck> checks = [.. golden.Points.Select(pair => Check(pair.Name, Difference(golden, pair.Name, run[pair.Point], byRow)))];
        if (golden.Holds("logits"))
            checks.Add(Check("logits", Difference(golden, "logits", run.Logits!, byRow: false)));
        if (golden.Holds("logits_last"))
            checks.Add(Check("logits_last", LastDifference(golden, run.Logits!)));
        if (golden.Holds("top_logits"))
            checks.Add(Check("top_logits", TopDifference(golden, run.Logits!)));
        return checks;
    }

    private static double Difference(GoldenBatch golden, string name, Tensor ours, bool byRow)
    {
        using var scope = NewDisposeScope();
        var reference = golden.Beside(ours, name);
        var difference = (ours.cpu().to(ScalarType.Float64) - reference).abs().amax([-1]);
        if (byRow)
            difference = difference / reference.square().mean([-1]).sqrt();
        return difference.masked_select(golden.Valid).max().ToDouble();
    }

    private static double PooledDifference(GoldenBatch golden, string name, Tensor ours)
    {
        using var scope = NewDisposeScope();
        var reference = golden.Beside(ours, name)[golden.Valid];
        return ((ours.cpu().to(ScalarType.Float64)[golden.Valid] - reference).norm() / reference.norm()).ToDouble();
    }

    private static double LastDifference(GoldenBatch golden, Tensor logits)
    {
        using var scope = NewDisposeScope();
        var last = golden.Valid.to(ScalarType.Int64).sum(1) - 1;
        var ours = logits.cpu().to(ScalarType.Float64)[arange(last.size(0), device: CPU), last];
        return (ours - golden.Beside(ours, "logits_last")).abs().max().ToDouble();
    }

    /// <summary>The logits at the golden ids; close neighbours may swap ranks without harm.</summary>
    private static double TopDifference(GoldenBatch golden, Tensor logits)
    {
        using var scope = NewDisposeScope();
        var ours = logits.cpu().to(ScalarType.Float64).gather(-1, golden["top_ids"]);
        return (ours - golden.Beside(ours, "top_logits")).abs().amax([-1]).masked_select(golden.Valid).max().ToDouble();
    }

    /// <summary>Greedy continuation, with a cache and with every step a full pass; the error is the number of tokens that differ.</summary>
    private static IEnumerable<VerifyCheck> Continue(LanguageModel model, string path)
    {
        var json = ConfigJson.Read(path);
        IReadOnlyList<int> Ids(string key) => json.Ids(key) is { Count: > 0 } ids ? ids : throw json.Fault(key, "holds no tokens");
        var (prompt, expected) = (Ids("input_ids"), Ids("output_ids"));
        int Wrong(bool cached)
        {
            var options = new GenerationOptions { MaxTokens = expected.Count, StopIds = [], Cached = cached };
            return Generation.Stream(model, prompt, options).Zip(expected).Count(pair => pair.First.Id != pair.Second);
        }
        return
        [
            new VerifyCheck("generate: tokens that differ", Wrong(cached: false), 0),
            new VerifyCheck("generate with a cache: tokens that differ", Wrong(cached: true), 0),
        ];
    }
}
