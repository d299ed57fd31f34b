using System.Text.Json.Nodes;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// <c>interp.json</c> of an SAE folder: provenance, and the L0 and FVU that the autoencoder must give on the tokens of
/// <c>probe.safetensors</c> (<c>activations</c> [n, d] and, for a transcoder, <c>targets</c> [n, d']). Weights that were altered or are read by
/// other rules are found when they are loaded.
/// </summary>
internal static class SaeProbe
{
    public const string FileName = "interp.json";
    private const string TokensFile = "probe.safetensors";
    private const string Tokens = "activations";
    private const string Targets = "targets";

    /// <summary>Room for a selection that another processor's rounding may flip.</summary>
    private const double ToleranceL0 = 0.25;
    private const double ToleranceFvu = 1e-3;

    public static void Write(string folder, SparseAutoencoder autoencoder, JsonObject? provenance, Tensor? tokens, Tensor? target)
    {
        if (tokens is not null && target is not null != autoencoder.Kind.IsTranscoder)
            throw new InterpException($"A probe batch of a {autoencoder.Kind.Name} has {(target is null ? "the rows of both hooks" : "no target")}; {(target is null ? "give its target as well" : "leave it out")}.");
        var json = new JsonObject { ["format"] = 1, ["provenance"] = provenance?.DeepClone() };
        if (tokens is not null)
        {
            using var stored = tokens.to(ScalarType.Float32, CPU, copy: true);
            using var wanted = target?.to(ScalarType.Float32, CPU, copy: true);
            var (l0, fvu) = Measure(autoencoder, stored, wanted);
            SafeTensorsWriter.Write(Path.Combine(folder, TokensFile), wanted is null ? [new(Tokens, stored)] : [new(Tokens, stored), new(Targets, wanted)]);
            json["probe"] = new JsonObject { ["file"] = TokensFile, ["l0"] = l0, ["fvu"] = fvu };
        }
        AtomicFile.WriteText(Path.Combine(folder, FileName), SaeFolder.Text(json));
    }

    /// <exception cref="InterpException">The autoencoder gives other values than the folder says.</exception>
    public static void Check(string folder, SparseAutoencoder autoencoder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path) || SaeFolder.Json(path)["probe"] is not JsonObject probe)
            return;
        using var file = SafeTensors.Open(Path.Combine(folder, TokensFile));
        file.Require(Tokens, -1, autoencoder.Width);
        using var tokens = file.Load(Tokens, ScalarType.Float32, CPU);
        if (autoencoder.Kind.IsTranscoder)
            file.Require(Targets, tokens.size(0), autoencoder.OutputWidth);
        using var target = autoencoder.Kind.IsTranscoder ? file.Load(Targets, ScalarType.Float32, CPU) : null;
        var (l0, fvu) = Measure(autoencoder, tokens, target);
        if (Differs(probe, "l0", l0, ToleranceL0) || Differs(probe, "fvu", fvu, ToleranceFvu))
            throw new InterpException(FormattableString.Invariant($"{folder} gives L0 {l0:g4} and FVU {fvu:g4} on its probe batch where {path} expects {probe["l0"]} and {probe["fvu"]}; a file of the folder was altered, export it again."));
    }

    /// <summary>Mean active latents, and Σ‖x̂-x‖² / Σ‖x - mean‖² in the tokens' own scale, where x is a transcoder's target.</summary>
    private static (double L0, double Fvu) Measure(SparseAutoencoder autoencoder, Tensor tokens, Tensor? target)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (latents, reconstruction) = autoencoder.Run(tokens);
        var x = (target ?? tokens).to(ScalarType.Float64);
        var error = (reconstruction.to(ScalarType.Float64, CPU) - x).square().sum().ToDouble();
        var variance = (x - x.mean([0])).square().sum().ToDouble();
        return ((latents.Values > 0).sum().ToInt64() / (double)latents.Count, variance > 0 ? error / variance : 0);
    }

    private static bool Differs(JsonObject expected, string name, double found, double tolerance) =>
        expected[name] is not JsonValue value || !value.TryGetValue<double>(out var number) || !(Math.Abs(number - found) <= tolerance);
}
