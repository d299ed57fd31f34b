using System.Globalization;
using System.Text.Json;
using Interp.Formats;
using Interp.Hooks;
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
        var checks = new List<VerifyCheck>();
        using var noGrad = no_grad();
        var coarse = precision == ScalarType.BFloat16;
        foreach (var file in files.Order(StringComparer.Ordinal))
            checks.AddRange(coarse ? ComparePooled(model, file) : Compare(model, file, byRow: !Directory.Exists(path)));
        var continuation = Path.Combine(folder, "generate.json");
        if (File.Exists(continuation) && !coarse)
            checks.AddRange(Continue(model, continuation));
        var losses = Path.Combine(folder, "perplexity.json");
        if (corpus is null)
            return new VerifyReport(checks, File.Exists(losses) ? ["perplexity.json was left out; give its text with --corpus."] : []);
        if (!File.Exists(losses))
            throw new InterpException($"There is no perplexity.json in {folder} to replay on {corpus}; leave --corpus out.");
        checks.AddRange(PerplexityReplay.Run(model, Tokenizer.Load(path), losses, corpus, device));
        return new VerifyReport(checks, []);
    }

    /// <summary>Hidden states and logits, each as a whole.</summary>
    private static IEnumerable<VerifyCheck> ComparePooled(LanguageModel model, string path)
    {
        using var golden = SafeTensors.Open(path);
        using var scope = NewDisposeScope();
        var (points, valid) = (PointsOf(golden), golden.View("valid").to(ScalarType.Bool));
        using var run = Run(model, golden, points);
        VerifyCheck Check(string name, Tensor ours) =>
            new($"{Path.GetFileNameWithoutExtension(path)}: {name}", PooledDifference(ours, golden.View(name), valid), Pooled);
        List<VerifyCheck> checks = [.. points.Select(pair => Check(pair.Name, run[pair.Point]))];
        if (golden.Entries.ContainsKey("logits"))
            checks.Add(Check("logits", run.Logits!));
        return checks;
    }

    private static (string Name, HookPoint Point)[] PointsOf(SafeTensors golden) =>
        [.. from name in golden.Entries.Keys let point = PointOf(name) where point is not null select (name, point.Value)];

    private static ModelRun Run(LanguageModel model, SafeTensors golden, (string Name, HookPoint Point)[] points) =>
        model.Run(golden.View("input_ids"), [.. points.Select(pair => pair.Point)], mask: golden.View("attention_mask"));

    private static IEnumerable<VerifyCheck> Compare(LanguageModel model, string path, bool byRow)
    {
        using var golden = SafeTensors.Open(path);
        using var scope = NewDisposeScope();
        var label = Path.GetFileNameWithoutExtension(path);
        var (points, valid) = (PointsOf(golden), golden.View("valid").to(ScalarType.Bool));
        using var run = Run(model, golden, points);
        var tolerance = byRow ? Relative : Absolute;
        List<VerifyCheck> checks = [.. points.Select(pair => new VerifyCheck($"{label}: {pair.Name}", Difference(run[pair.Point], golden.View(pair.Name), valid, byRow), tolerance))];
        if (golden.Entries.ContainsKey("logits"))
            checks.Add(new VerifyCheck($"{label}: logits", Difference(run.Logits!, golden.View("logits"), valid, byRow: false), tolerance));
        if (golden.Entries.ContainsKey("logits_last"))
            checks.Add(new VerifyCheck($"{label}: logits_last", LastDifference(run.Logits!, golden.View("logits_last"), valid), tolerance));
        if (golden.Entries.ContainsKey("top_ids"))
            checks.Add(new VerifyCheck($"{label}: top_logits", TopDifference(run.Logits!, golden, valid), tolerance));
        return checks;
    }

    /// <summary><c>hidden.0</c> is what enters block 0, <c>hidden.i</c> the output of block i-1.</summary>
    private static HookPoint? PointOf(string name)
    {
        var dot = name.LastIndexOf('.');
        if (dot < 0 || !int.TryParse(name.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return null;
        return name[..dot] switch
        {
            "hidden" => index == 0 ? new HookPoint(HookSite.ResidPre, 0) : HookPoint.ResidPost(index - 1),
            "attn_out" => new HookPoint(HookSite.AttnOut, index),
            "mlp_out" => new HookPoint(HookSite.MlpOut, index),
            "resid_mid" => new HookPoint(HookSite.ResidMid, index),
            _ => null,
        };
    }

    private static double Difference(Tensor ours, Tensor golden, Tensor valid, bool byRow)
    {
        using var scope = NewDisposeScope();
        var reference = golden.to(ScalarType.Float64);
        var difference = (ours.cpu().to(ScalarType.Float64) - reference).abs().amax([-1]);
        if (byRow)
            difference = difference / reference.square().mean([-1]).sqrt();
        return difference.masked_select(valid).max().ToDouble();
    }

    private static double PooledDifference(Tensor ours, Tensor golden, Tensor valid)
    {
        using var scope = NewDisposeScope();
        var reference = golden.to(ScalarType.Float64)[valid];
        return ((ours.cpu().to(ScalarType.Float64)[valid] - reference).norm() / reference.norm()).ToDouble();
    }

    private static double LastDifference(Tensor logits, Tensor golden, Tensor valid)
    {
        using var scope = NewDisposeScope();
        var last = valid.to(ScalarType.Int64).sum(1) - 1;
        var rows = arange(valid.size(0), device: CPU);
        return (logits.cpu().to(ScalarType.Float64)[rows, last] - golden.to(ScalarType.Float64)).abs().max().ToDouble();
    }

    /// <summary>The logits at the golden ids; close neighbours may swap ranks without harm.</summary>
    private static double TopDifference(Tensor logits, SafeTensors golden, Tensor valid)
    {
        using var scope = NewDisposeScope();
        var ours = logits.cpu().to(ScalarType.Float64).gather(-1, golden.View("top_ids"));
        return (ours - golden.View("top_logits").to(ScalarType.Float64)).abs().amax([-1]).masked_select(valid).max().ToDouble();
    }

    /// <summary>Greedy continuation, with a cache and with every step a full pass; the error is the number of tokens that differ.</summary>
    private static IEnumerable<VerifyCheck> Continue(LanguageModel model, string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        int[] Ids(string key) => [.. document.RootElement.GetProperty(key).EnumerateArray().Select(item => item.GetInt32())];
        var (prompt, expected) = (Ids("input_ids"), Ids("output_ids"));
        int Wrong(bool cached)
        {
            var options = new GenerationOptions { MaxTokens = expected.Length, StopIds = [], Cached = cached };
            return Generation.Stream(model, prompt, options).Zip(expected).Count(pair => pair.First.Id != pair.Second);
        }
        return
        [
            new VerifyCheck("generate: tokens that differ", Wrong(cached: false), 0),
            new VerifyCheck("generate with a cache: tokens that differ", Wrong(cached: true), 0),
        ];
    }
}
