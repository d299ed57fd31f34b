using Interp.Activations;
using Interp.Autoencoders;
using Interp.Evaluation;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Evaluation;

public class TranscoderEvaluationTests
{
    private const int Length = 6;
    private static readonly int[] Ids = [5, 9, 100, 30, 7, 1, 8, 2, 60, 61, 62, 63];
    private static readonly HookPoint Read = new(HookSite.MlpIn, 1);
    private static readonly HookPoint Written = new(HookSite.MlpOut, 1);

    /// <summary>
    /// x = (1, 0), (0, 2), (3, 1); K = 1; latents e0 and e1 with decoders (1, 0, 0) and (0, 1, 1); bias (0, 0, 1); skip y₂ += x₀: so
    /// ŷ = (1, 0, 2), (0, 2, 3), (3, 0, 4), for y = (1, 0, 2), (0, 2, 4), (1, 0, 4).
    /// </summary>
    [Fact]
    public void Metrics_are_those_of_the_target()
    {
        using var transcoder = new SparseAutoencoder(
            eye(2, device: CPU), zeros(2, device: CPU), tensor(new float[] { 1, 0, 0, 0, 1, 1 }, [2, 3], device: CPU), tensor(new float[] { 0, 0, 1 }, device: CPU), 1, InputTransform.None,
            new TranscoderDictionary(Skip: true), new Dictionary<string, Tensor> { ["W_skip"] = tensor(new float[] { 0, 0, 0, 0, 1, 0 }, [3, 2], device: CPU) });
        var source = new MemoryActivations(2, [1, 0, 0, 2, 3, 1]);
        var result = ReconstructionEvaluation.Run(transcoder, source, target: new MemoryActivations(3, [1, 0, 2, 0, 2, 4, 1, 0, 4]));

        // Errors: 0; (0, 0, 1); (2, 0, 0). Mean (2/3, 2/3, 10/3): deviations² 6/9 + 24/9 + 24/9.
        Assert.Equal([2 / 3.0, 2 / 3.0, 10 / 3.0], result.Mean);
        Assert.Equal(5 / (54 / 9.0), result.Fvu, 1e-12);
        Assert.Equal(5 / 3.0, result.MsePerToken, 1e-12);
        Assert.Equal(5 / 9.0, result.Mse, 1e-12);
        Assert.Equal(1, result.L0);
        Assert.Equal([2, 1], result.FiredCounts);
        Assert.Throws<InterpException>(() => ReconstructionEvaluation.Run(transcoder, source));
    }

    [Fact]
    public void The_loss_is_that_of_a_pass_whose_MLP_is_replaced_by_the_transcoder()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);
        var width = model.Config.Width;
        using var transcoder = new SparseAutoencoder(
            randn([40, width], device: CPU, generator: Seeded(1)), zeros(40, device: CPU), randn([40, width], device: CPU, generator: Seeded(2)) * 0.1, zeros(width, device: CPU), 3,
            InputTransform.None, new TranscoderDictionary(Skip: true), new Dictionary<string, Tensor> { ["W_skip"] = randn([width, width], device: CPU, generator: Seeded(3)) * 0.01 });
        bool[] counted = [.. Enumerable.Range(0, Ids.Length).Select(row => row % Length != 0)];
        var found = Splice(model, counted).Autoencoder(transcoder);

        var read = zeros(0, device: CPU);
        Intervention[] interventions =
        [
            Intervention.Of(Read, x => read = x),
            Intervention.Of(Written, y => transcoder.Reconstruct(read.reshape(-1, width)).view_as(y)) with { Positions = Positions.Range(1) },
        ];
        var (clean, replaced) = (Loss(model, []), Loss(model, interventions));
        Assert.Equal(8, found.Predictions);
        Assert.Equal(clean, found.CeClean, 1e-5);
        Assert.Equal(replaced, found.Ce, 1e-5);
        Assert.True(Math.Abs(replaced - clean) > 1e-3);
    }

    /// <summary>
    /// A latent per token: encoder row x, bias -|x|²/2, so that the latent of the nearest token wins, with the value |x|²/2; decoder row
    /// y / (|x|²/2). The transcoder is then the MLP on these tokens.
    /// </summary>
    [Fact]
    public void A_transcoder_that_is_the_MLP_on_the_data_recovers_all()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU, ScalarType.Float64);
        using var run = model.Run(Tokens(), [Read, Written], stopAfter: Written);
        var (x, y) = (run[Read].reshape(Ids.Length, -1), run[Written].reshape(Ids.Length, -1));
        var half = x.square().sum(1, keepdim: true) / 2;
        using var transcoder = new SparseAutoencoder(x.clone(), -half.squeeze(1), y / half, zeros(model.Config.Width, ScalarType.Float64, CPU), 1, InputTransform.None, new TranscoderDictionary());
        var splice = Splice(model, [.. Enumerable.Repeat(true, Ids.Length)]);
        var (perfect, zero) = (splice.Autoencoder(transcoder), splice.Zero());
        Assert.Equal(perfect.CeClean, perfect.Ce, 1e-6);
        Assert.Equal(1, perfect.Top1Agreement);
        Assert.True(Math.Abs(zero.DeltaCe) > 1e-3);
        Assert.Equal(1, perfect.Recovered(zero), 1e-4);
        Assert.InRange(ReconstructionEvaluation.Run(transcoder, MemoryActivations.Of(x), target: MemoryActivations.Of(y)).Fvu, 0, 1e-10);
    }

    private static Generator Seeded(ulong seed) => new Generator(seed, CPU);

    private static Tensor Tokens() => tensor(Ids.Select(id => (long)id).ToArray(), [2, Length], device: CPU);

    private static SpliceEvaluation Splice(LanguageModel model, bool[] counted)
    {
        using var run = model.Run(Tokens(), [Read, Written], stopAfter: Written);
        MemoryActivations Rows(HookPoint hook) => MemoryActivations.Of(run[hook].reshape(-1, model.Config.Width));
        return new SpliceEvaluation(model, Written, Rows(Written), new TokenContexts(Length, Ids, new int[Ids.Length]), counted, CPU) { Inputs = Rows(Read) };
    }

    /// <summary>Mean loss of the predictions after all positions but the first of each context.</summary>
    private static double Loss(LanguageModel model, Intervention[] interventions)
    {
        using var run = model.Run(Tokens(), [], interventions);
        var sum = 0.0;
        for (var context = 0; context < 2; context++)
            for (var position = 1; position < Length - 1; position++)
                sum -= run.Logits![context, position].to(ScalarType.Float64).log_softmax(0)[Ids[context * Length + position + 1]].ToDouble();
        return sum / 8;
    }
}
