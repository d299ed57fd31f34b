using System.Text.Json;
using Interp.Activations;
using Interp.Autoencoders;
using Interp.Formats;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Evaluation;

/// <summary>Compares metrics of a recorded model and SAE with <c>metrics.json</c> and <c>arrays.safetensors</c>.</summary>
public static class MetricsVerification
{
    private const double Relative = 1e-4;
    private const double SmallDifference = 1e-3;

    /// <summary>Checks <c>values.all</c> (every position counts) and <c>values.no_first</c> (position 0 of each row does not).</summary>
    /// <param name="folder">A folder with <c>model/</c>, <c>sae/</c>, <c>metrics.json</c> and <c>arrays.safetensors</c>.</param>
    /// <exception cref="InterpException">A file is missing or malformed.</exception>
    public static VerifyReport Verify(string folder)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var path = Path.Combine(folder, "metrics.json");
        if (!File.Exists(path))
            throw new InterpException($"{folder} holds no metrics.json; give a folder of recorded metrics.");
        using var golden = JsonDocument.Parse(File.ReadAllBytes(path));
        using var arrays = SafeTensors.Open(Path.Combine(folder, "arrays.safetensors"));
        using var model = LanguageModel.Load(Path.Combine(folder, "model"), CPU);
        using var autoencoder = SaeFolder.Read(Path.Combine(folder, "sae"), CPU);
        var hook = HookPoint.Parse(golden.RootElement.GetProperty("hook").GetString()!);

        Workers.SingleThreaded();
        var tokens = arrays.Load("tokens", ScalarType.Int64, CPU);
        using var run = model.Run(tokens, [hook], stopAfter: hook);
        var length = (int)tokens.size(1);
        var activations = MemoryActivations.Of(run[hook].reshape(-1, model.Config.Width));
        var ids = TensorMemory.Span<long>(tokens).ToArray().Select(id => (int)id).ToArray();
        var contexts = new TokenContexts(length, ids, new int[ids.Length]);

        var checks = new List<VerifyCheck>();
        var notes = new List<string>();
        foreach (var variant in golden.RootElement.GetProperty("values").EnumerateObject())
        {
            var skipped = variant.Name switch { "all" => 0, "no_first" => 1, _ => -1 };
            if (skipped < 0)
            {
                notes.Add($"The variant {variant.Name} is not served.");
                checks.Add(new VerifyCheck($"{variant.Name}: served", 1, 0));
                continue;
            }
            bool[] counted = [.. Enumerable.Range(0, ids.Length).Select(row => row % length >= skipped)];
            int[] rows = [.. Enumerable.Range(0, ids.Length).Where(row => counted[row])];
            var reconstruction = ReconstructionEvaluation.Run(autoencoder, new SelectedRows(activations, rows));
            var ours = Values(reconstruction, new SpliceEvaluation(model, hook, activations, contexts, counted, CPU), autoencoder);
            foreach (var value in variant.Value.EnumerateObject())
                checks.Add(Check(variant.Name, value.Name, value.Value.GetDouble(), ours));
            checks.AddRange(Arrays(variant.Name, arrays, reconstruction));
        }
        if (arrays.Entries.ContainsKey("all.recon"))
            checks.Add(new VerifyCheck("all: recon", Largest(autoencoder.Reconstruct(run[hook].reshape(-1, model.Config.Width)), arrays.View("all.recon").reshape(-1, model.Config.Width)), Relative));
        return new VerifyReport(checks, notes);
    }

    private static Dictionary<string, double> Values(ReconstructionResult r, SpliceEvaluation splice, SparseAutoencoder autoencoder)
    {
        var (spliced, zero, mean) = (splice.Autoencoder(autoencoder), splice.Zero(), splice.Mean(r.Mean));
        return new()
        {
            ["tokens"] = r.Tokens,
            ["predictions"] = spliced.Predictions,
            ["fvu"] = r.Fvu,
            ["ev"] = r.ExplainedVariance,
            ["mse"] = r.Mse,
            ["mse_per_token"] = r.MsePerToken,
            ["nmse_about_zero"] = r.NmseAboutZero,
            ["ev_per_token_legacy"] = r.EvPerTokenLegacy,
            ["l0"] = r.L0,
            ["l1"] = r.L1,
            ["dead"] = r.Dead,
            ["frac_over_1_percent"] = r.ShareDenserThan(0.01),
            ["cosine"] = r.Cosine,
            ["l2_ratio"] = r.L2Ratio,
            ["relative_reconstruction_bias"] = r.RelativeReconstructionBias,
            ["ce_clean"] = spliced.CeClean,
            ["ce_spliced"] = spliced.Ce,
            ["ce_zero"] = zero.Ce,
            ["ce_mean"] = mean.Ce,
            ["ce_recovered_zero"] = spliced.Recovered(zero),
            ["ce_recovered_mean"] = spliced.Recovered(mean),
            ["delta_ce"] = spliced.DeltaCe,
            ["kl"] = spliced.Kl,
            ["kl_zero"] = zero.Kl,
            ["kl_mean"] = mean.Kl,
            ["top1_agreement"] = spliced.Top1Agreement,
        };
    }

    private static VerifyCheck Check(string variant, string name, double golden, Dictionary<string, double> ours)
    {
        var label = $"{variant}: {name}";
        if (!ours.TryGetValue(name, out var value))
            return new VerifyCheck($"{label} (not served)", double.PositiveInfinity, 0);
        return name is "tokens" or "predictions" or "dead" or "l0" or "frac_over_1_percent"
            ? new VerifyCheck(label, Math.Abs(value - golden), 1e-12)
            : new VerifyCheck(label, Math.Abs(value - golden) / Math.Max(Math.Abs(golden), 1e-12), name is "delta_ce" or "kl" ? SmallDifference : Relative);
    }

    private static IEnumerable<VerifyCheck> Arrays(string variant, SafeTensors arrays, ReconstructionResult result)
    {
        if (arrays.Entries.ContainsKey($"{variant}.density"))
        {
            double[] density = [.. Enumerable.Range(0, result.FiredCounts.Length).Select(result.Density)];
            yield return new VerifyCheck($"{variant}: density", Largest(tensor(density, [density.Length], device: CPU), arrays.View($"{variant}.density")), 1e-12);
        }
        if (arrays.Entries.ContainsKey($"{variant}.mean"))
            yield return new VerifyCheck($"{variant}: mean", Largest(tensor(result.Mean, [result.Mean.Length], device: CPU), arrays.View($"{variant}.mean")), Relative);
    }

    private static double Largest(Tensor ours, Tensor golden)
    {
        using var scope = NewDisposeScope();
        return (ours.to(ScalarType.Float64) - golden.to(ScalarType.Float64)).abs().max().ToDouble();
    }
}
