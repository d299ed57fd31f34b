using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Interp.Autoencoders;

/// <summary>A tensor of a recorded run.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="IsTransposed">Whether latents are its columns.</param>
internal readonly record struct TraceTensor(string Name, bool IsTransposed = false);

/// <summary>How a library records its runs: names, and its rules as our named policies.</summary>
/// <param name="Tensors">Its tensors, in the order of <see cref="TrainerState.Parameters"/>.</param>
/// <param name="Terms">Its loss terms and ours.</param>
/// <param name="Recipe">Its <c>spec.json</c> as a recipe, without what all libraries state in the same way.</param>
internal sealed partial record TraceFormat(
    IReadOnlyList<TraceTensor> Tensors, IReadOnlyList<(string Theirs, string Ours)> Terms, Func<JsonElement, TrainingSpec> Recipe)
{
    /// <summary>The formats by kind of recording; a new one is a line here.</summary>
    public static IReadOnlyDictionary<string, TraceFormat> All { get; } = new Dictionary<string, TraceFormat>
    {
        ["openai-topk"] = OpenAi(biasGradient: false),
        ["openai-topk-exact"] = OpenAi(biasGradient: true),
        ["seed"] = new([new("w_enc", true), new("b_enc"), new("w_dec"), new("b_pre")],
            [("mse", LossTerm.Main), ("auxk", LossTerm.Auxiliary), ("l2", LossTerm.Weight)], Original),
        ["saelens-topk"] = SaeLens([], [Helped], _ => new TopKDictionary(Rescale: true)),
        ["saelens-batchtopk"] = SaeLens([], [Helped], spec => BatchTopK(spec)),
        ["saelens-matryoshka"] = SaeLens([], [Helped], spec => new MatryoshkaDictionary(Widths(spec), Rescale: true, Number(spec, "topk_threshold_lr"))),
        ["saelens-jumprelu"] = SaeLens(["threshold"], [("l0_loss", LossTerm.Sparsity), ("pre_act_loss", LossTerm.PreActivation)], spec => JumpRelu(spec, JumpPenalty.L0)),
        ["saelens-jumprelu-tanh"] = SaeLens(["threshold"], [("l0_loss", LossTerm.Sparsity), ("pre_act_loss", LossTerm.PreActivation)], spec => JumpRelu(spec, JumpPenalty.Tanh)),
        ["saelens-gated"] = SaeLens(["r_mag", "b_mag"], [("l1_loss", LossTerm.Sparsity), ("auxiliary_reconstruction_loss", "gate")], _ => new GatedDictionary(), "b_gate"),
        ["saelens-standard"] = SaeLens([], [("l1_loss", LossTerm.Sparsity)], _ => new ReluDictionary()),
    };

    private static (string, string) Helped => ("auxiliary_reconstruction_loss", LossTerm.Auxiliary);

    /// <summary>openai/sparse_autoencoder: rows set to unit norm between backward and step, normalised AuxK.</summary>
    private static TraceFormat OpenAi(bool biasGradient) => new(
        [new("encoder.weight"), new("latent_bias"), new("decoder.weight", true), new("pre_bias")],
        [("main", LossTerm.Main), ("aux", LossTerm.Auxiliary)],
        spec =>
        {
            var aux = spec.GetProperty("aux");
            return new TrainingSpec
            {
                KSchedule = Linear(spec),
                DecoderRule = DecoderRule.UnitBeforeStep,
                LearningRate = new LearningRateSchedule(spec.GetProperty("lr")[0].GetDouble()),
                MseScale = Number(spec, "mse_scale"),
                Auxiliary = new AuxiliaryLoss((int)Number(aux, "k_aux"), Number(aux, "coefficient"), BiasGradient: biasGradient),
                Dead = new DeadRule((long)Number(spec, "dead_window"), DeadUnit.Steps, 1e-3),
            };
        });

    /// <summary>The original replication's rules, with the sizes of the recording.</summary>
    private static TrainingSpec Original(JsonElement spec) => TrainingSpec.Original with
    {
        KSchedule = ((LinearK)TrainingSpec.Original.KSchedule) with { From = (int)Number(spec, "k_initial") },
        Dead = TrainingSpec.Original.Dead with { Window = (long)Number(spec, "dead_window") },
        Auxiliary = TrainingSpec.Original.Auxiliary! with { Coefficient = Number(spec.GetProperty("aux"), "coefficient") },
        EncoderPenalty = Penalty().Match(spec.GetProperty("loss").GetString()!) is { Success: true } match ? double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0,
    };

    /// <summary><c>k = int(4k + (k-4k)*step/T), T = steps//4; ...</c>: a linear schedule; without a T, a constant k.</summary>
    private static KSchedule Linear(JsonElement spec)
    {
        var match = LinearFormula().Match(spec.GetProperty("schedules").GetString()!);
        return match.Success
            ? new LinearK(int.Parse(match.Groups[1].ValueSpan) * spec.GetProperty("k").EnumerateArray().Last().GetInt32(), 1.0 / int.Parse(match.Groups[2].ValueSpan))
            : KSchedule.Constant;
    }

    /// <summary>SAELens 6: losses summed over the width, rows free, the dead looked up before the forward pass.</summary>
    private static TraceFormat SaeLens(
        IReadOnlyList<string> extras, IReadOnlyList<(string Theirs, string Ours)> terms, Func<JsonElement, SaeKind> kind, string encoderBias = "b_enc") => new(
        [new("W_enc", true), new(encoderBias), new("W_dec"), new("b_dec"), .. extras.Select(name => new TraceTensor(name))],
        [("mse_loss", LossTerm.Main), .. terms],
        spec => new TrainingSpec
        {
            Kind = kind(spec),
            Sparsity = Sparsity(spec),
            KSchedule = spec.GetProperty("k")[0].ValueKind == JsonValueKind.Number ? new ListedK([.. spec.GetProperty("k").EnumerateArray().Select(k => (int)k.GetDouble())]) : KSchedule.Constant,
            LearningRate = new LearningRateSchedule { Listed = [.. spec.GetProperty("lr").EnumerateArray().Select(rate => rate.GetDouble())] },
            DecoderRule = DecoderRule.Free,
            MseScale = Number(spec, "d_in"),
            Auxiliary = spec.GetProperty("aux") is { ValueKind: JsonValueKind.Object } aux
                ? new AuxiliaryLoss(Coefficient: Number(aux, "coefficient"), ScaleByDead: true, Form: AuxiliaryForm.SumOverWidth)
                : null,
            Dead = new DeadRule((long)Number(spec, "dead_window"), DeadUnit.Steps, Counted: DeadCount.BeforeForward),
        });

    private static BatchTopKDictionary BatchTopK(JsonElement spec) => new(Rescale: true, Number(spec, "topk_threshold_lr"));

    private static JumpReluDictionary JumpRelu(JsonElement spec, JumpPenalty penalty) => new(
        penalty, Number(spec, "jumprelu_init_threshold"), Number(spec, "jumprelu_bandwidth"),
        spec.TryGetProperty("jumprelu_tanh_scale", out var scale) ? scale.GetDouble() : 4,
        spec.TryGetProperty("jumprelu_ste_to_input", out var through) && through.GetBoolean(),
        spec.GetProperty("pre_act_loss_coefficient") is { ValueKind: JsonValueKind.Number } coefficient ? coefficient.GetDouble() : 0);

    private static SparsityPenalty Sparsity(JsonElement spec)
    {
        foreach (var name in new[] { "l0", "l1" })
        {
            if (spec.TryGetProperty($"{name}_coefficient", out var coefficient))
                return new SparsityPenalty(coefficient.GetDouble(), Number(spec, $"{name}_warm_up_steps") / Number(spec, "steps"));
        }
        return new SparsityPenalty(0, 0);
    }

    private static int[] Widths(JsonElement spec) => [.. spec.GetProperty("matryoshka_widths").EnumerateArray().Select(width => width.GetInt32())];

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    [GeneratedRegex(@"int\((\d+)k.*steps//(\d+)")]
    private static partial Regex LinearFormula();

    [GeneratedRegex(@"([0-9.e+-]+)\*sum\(w_enc\^2\)")]
    private static partial Regex Penalty();
}
