using System.Text.Json;
using Interp.Autoencoders.Kernels;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>Compares the gradients of single loss terms of a TopK autoencoder, for one batch, with recorded ones.</summary>
internal static class GradientVerification
{
    private static readonly string[] Names = ["encoder.weight", "latent_bias", "decoder.weight", "pre_bias"];

    /// <summary>The recorded terms, each as the only one of a recipe.</summary>
    private static readonly Dictionary<string, Func<int, AuxiliaryLoss?>> Terms = new()
    {
        ["main"] = _ => null,
        ["aux"] = k => new AuxiliaryLoss(k, 1),
        ["aux_with_bias"] = k => new AuxiliaryLoss(k, 1, BiasGradient: true),
        ["aux_saelens"] = k => new AuxiliaryLoss(k, 1, ScaleByDead: true, Form: AuxiliaryForm.SumOverWidth),
        ["aux_undetached"] = k => new AuxiliaryLoss(k, 1, Form: AuxiliaryForm.Undetached),
    };

    /// <summary>Whether a folder holds such gradients.</summary>
    public static bool Serves(JsonElement spec) => spec.TryGetProperty("kind", out var kind) && kind.ToString() == "gradients";

    /// <param name="folder">The folder.</param>
    /// <param name="spec">Its spec.json.</param>
    /// <param name="types">float32, float64 or both.</param>
    /// <exception cref="InterpException">A tensor is missing or of another shape.</exception>
    public static VerifyReport Verify(string folder, JsonElement spec, IReadOnlyList<ScalarType> types)
    {
        using var noGradient = no_grad();
        using var inputs = SafeTensors.Open(Path.Combine(folder, "inputs.safetensors"));
        using var golden = SafeTensors.Open(Path.Combine(folder, "gradients.safetensors"));
        var checks = new List<VerifyCheck>();
        var notes = new List<string>();
        foreach (var loss in spec.GetProperty("losses").EnumerateObject())
        {
            if (!Terms.TryGetValue(loss.Name, out var auxiliary))
            {
                notes.Add($"The term {loss.Name} is not served.");
                checks.Add(new VerifyCheck($"{loss.Name}: served", 1, 0));
                continue;
            }
            var recipe = Recipe(spec, auxiliary(spec.GetProperty("k_aux").GetInt32()));
            foreach (var type in types)
            {
                foreach (var kernel in recipe.IsFused ? new[] { SaeKernel.Cpu, SaeKernel.Aten } : [SaeKernel.Aten])
                    Compare(kernel, type, recipe, loss, inputs, golden, checks);
            }
        }
        return new VerifyReport(checks, notes);
    }

    private static TrainingSpec Recipe(JsonElement spec, AuxiliaryLoss? auxiliary) => new()
    {
        Latents = spec.GetProperty("d_sae").GetInt32(),
        K = spec.GetProperty("k").GetInt32(),
        MseScale = auxiliary is null ? 1 : 0,
        Auxiliary = auxiliary,
        DecoderRule = DecoderRule.Free,
        LearningRate = new LearningRateSchedule(Peak: 0),
        Dead = new DeadRule(0, DeadUnit.Steps, double.PositiveInfinity),
    };

    private static void Compare(SaeKernel kernel, ScalarType type, TrainingSpec recipe, JsonProperty loss, SafeTensors inputs, SafeTensors golden, List<VerifyCheck> checks)
    {
        using var scope = NewDisposeScope();
        var tolerance = type == ScalarType.Float64 ? 1e-9 : 1e-4;
        Tensor Load(string name) => inputs.Load(name, type, CPU);
        var start = new SparseAutoencoder(Load(Names[0]), Load(Names[1]), Load(Names[2]).t().contiguous(), Load(Names[3]), recipe.K, InputTransform.None);
        using var trainer = new SaeTrainer(recipe, start, 1, kernel);
        using var gradients = StepGradients.For(trainer.State);
        trainer.Record = gradients;
        trainer.State.Silent.copy_(Load("dead").to(ScalarType.Int64) * 2 - 1);
        var report = trainer.Step(Load("x"));
        var label = $"{TrainingVerification.Label(type)}: {loss.Name} ({trainer.KernelName})";
        var expected = loss.Value.GetDouble();
        checks.Add(new VerifyCheck($"{label}: loss", Math.Abs(report.Loss - expected) / Math.Max(Math.Abs(expected), 1e-300), tolerance));
        for (var i = 0; i < Names.Length; i++)
        {
            if (!golden.Entries.ContainsKey($"{loss.Name}.{Names[i]}"))
                continue;
            var recorded = golden.Load($"{loss.Name}.{Names[i]}", ScalarType.Float64, CPU);
            var found = i == 2 ? gradients.Raw[i].t() : gradients.Raw[i];
            var largest = recorded.abs().max().ToDouble();
            checks.Add(new VerifyCheck($"{label}: {Names[i]}", (found.to(ScalarType.Float64) - recorded).abs().max().ToDouble() / (largest == 0 ? 1 : largest), tolerance));
        }
    }
}
