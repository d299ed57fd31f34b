using Interp.Autoencoders;
using Interp.Core.Tests.Autoencoders;
using Interp.Features;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class SteeringTests
{
    private const int Width = 2;

    /// <summary>Two latents that read the axes; the second row of the decoder is twice the axis.</summary>
    private static SparseAutoencoder Axes() => new(
        tensor(new double[,] { { 1, 0 }, { 0, 1 } }), zeros(2, dtype: ScalarType.Float64),
        tensor(new double[,] { { 1, 0 }, { 0, 2 } }), zeros(Width, dtype: ScalarType.Float64), 2, InputTransform.None, subtractDecoderBias: false);

    public static TheoryData<SteeringMethod, double[]> ByHand => new()
    {
        // x = (3, 5): f = (3, 5), x̂ = (3, 10), e = (0, -5), d = (0, 2).
        { new SteeringMethod.Add(0.5), [3, 6] },
        { new SteeringMethod.Clamp(7), [3, 9] },
        { new SteeringMethod.ClampActive(7), [3, 9] },
        { new SteeringMethod.Scale(3), [3, 25] },
        { new SteeringMethod.Ablate(), [3, -5] },
        { new SteeringMethod.Orthogonal(-1), [3, -1] },
        { new SteeringMethod.Cap(0, 4), [3, 4] },
        { new SteeringMethod.Splice(7), [3, 14] },
    };

    [Theory]
    [MemberData(nameof(ByHand))]
    public void Each_method_is_its_formula(SteeringMethod method, double[] expected)
    {
        using var scope = NewDisposeScope();
        using var sae = Axes();
        var steered = Steering.Apply(sae, 1, method, tensor(new double[,] { { 3, 5 } }));
        Assert.Equal(expected, steered.data<double>().ToArray());
    }

    [Fact]
    public void A_silent_latent_is_clamped_and_not_clamped_where_only_active_ones_are()
    {
        using var scope = NewDisposeScope();
        using var sae = Axes();
        var x = tensor(new double[,] { { 3, -5 } });
        Assert.Equal([3, 9], Steering.Apply(sae, 1, new SteeringMethod.Clamp(7), x).data<double>().ToArray());
        Assert.Equal([3, -5], Steering.Apply(sae, 1, new SteeringMethod.ClampActive(7), x).data<double>().ToArray());
    }

    [Theory]
    [InlineData(InputNormalisation.None)]
    [InlineData(InputNormalisation.Centred)]
    [InlineData(InputNormalisation.PerTokenLayerNorm)]
    [InlineData(InputNormalisation.PerTokenNorm)]
    public void A_clamp_is_what_decoding_the_changed_latents_with_the_error_gives(InputNormalisation kind)
    {
        using var scope = NewDisposeScope();
        var x = new SparseWorld(60, 24).Rows(0, 60, ScalarType.Float64);
        using var sae = Samples.Autoencoder(200, 24, 9, transform: InputTransform.Fit(kind, x));
        var (latents, reconstruction) = sae.Run(x);
        var changed = latents.ToDense(200);
        changed[TensorIndex.Ellipsis, 17] = 2.5;
        var decoded = sae.Normalise(x).Undo(changed.mm(sae.DecoderWeight) + sae.DecoderBias);
        var expected = decoded + (x - reconstruction);
        Assert.InRange(Samples.Distance(Steering.Apply(sae, 17, new SteeringMethod.Clamp(2.5), x), expected), 0, 1e-12);
    }

    /// <summary>What attention mixes is [B, P, H, D] at its hook, and a row of H·D to the autoencoder.</summary>
    [Fact]
    public void Heads_are_steered_side_by_side_as_they_are_read()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (model, hook) = (World.Microscope.Model, HookPoint.Parse("blocks.1.attn.hook_z"));
        var width = model.Config.WidthOf(hook);
        using var sae = Samples.Autoencoder(40, width, 5);
        var tokens = tensor(new long[] { 5, 300, 301, 302 }).unsqueeze(0);
        using var clean = model.Run(tokens, [hook]);
        Assert.Equal(4, clean[hook].dim());
        using var steered = model.Run(tokens, [hook], [Steering.At(hook, sae, 7, new SteeringMethod.Clamp(2))]);
        var expected = Steering.Apply(sae, 7, new SteeringMethod.Clamp(2), clean[hook].reshape(4, width));
        Assert.InRange(Samples.Distance(steered[hook].reshape(4, width).to(expected.dtype), expected), 0, 1e-5);
        Assert.True(Samples.Distance(steered.Logits!, clean.Logits!) > 1e-3);
    }

    [Fact]
    public void Impossible_steering_is_refused()
    {
        using var sae = Axes();
        using var x = zeros(1, Width, dtype: ScalarType.Float64);
        Assert.Contains("0 to 1", Assert.Throws<InterpException>(() => Steering.Apply(sae, 2, new SteeringMethod.Ablate(), x)).Message);
        Assert.Contains("no range", Assert.Throws<InterpException>(() => Steering.Apply(sae, 1, new SteeringMethod.Cap(2, 1), x)).Message);
    }
}
