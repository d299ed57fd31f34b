using Interp.Autoencoders;
using Interp.Core.Tests.Autoencoders;
using Interp.Features;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class JointSteeringTests
{
    private const int Latents = 200;
    private const double Norm = 5.5;

    private static readonly SteeredLatent[] Changes =
    [
        new(17, 2.5, StrengthUnit.Raw, SteeringMode.Clamp), new(3, -1.5, StrengthUnit.Raw, SteeringMode.Add),
        new(40, 0.5, StrengthUnit.Norm, SteeringMode.Clamp), new(99, 0.25, StrengthUnit.Norm, SteeringMode.Add),
    ];

    public static TheoryData<InputNormalisation> Kinds =>
        [InputNormalisation.None, InputNormalisation.Centred, InputNormalisation.DatasetScale, InputNormalisation.PerTokenLayerNorm, InputNormalisation.PerTokenNorm];

    /// <summary>Token by token: the dense latents are changed and decoded, and the error of the token as it came in is added.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void It_is_the_decoded_change_of_one_clean_reading(InputNormalisation kind)
    {
        using var scope = NewDisposeScope();
        var x = new SparseWorld(40, 24).Rows(0, 40, ScalarType.Float64);
        using var sae = Samples.Autoencoder(Latents, 24, 9, transform: InputTransform.Fit(kind, x));
        var (latents, reconstruction) = sae.Run(x);
        var (dense, tokens) = (latents.ToDense(Latents), sae.Normalise(x));
        for (var token = 0; token < 40; token++)
        {
            foreach (var change in Changes)
            {
                var scale = tokens.Factor is { } factor ? factor.expand(40, 1)[token, 0].ToDouble() : 1;
                var value = change.Unit == StrengthUnit.Raw ? change.Strength : change.Strength * Norm / (sae.DecoderWeight[change.Id].norm().ToDouble() * scale);
                dense[token, change.Id] = change.Mode == SteeringMode.Clamp ? value : dense[token, change.Id].ToDouble() + value;
            }
        }
        var decoded = tokens.Undo(dense.mm(sae.DecoderWeight) + sae.DecoderBias);
        Assert.InRange(Samples.Distance(JointSteering.Apply(sae, Changes, Norm, keepError: true, x), decoded + (x - reconstruction)), 0, 1e-12);
        Assert.InRange(Samples.Distance(JointSteering.Apply(sae, Changes, Norm, keepError: false, x), decoded), 0, 1e-12);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void One_latent_is_what_steering_by_that_latent_gives(InputNormalisation kind)
    {
        using var scope = NewDisposeScope();
        var x = new SparseWorld(40, 24).Rows(0, 40, ScalarType.Float64);
        using var sae = Samples.Autoencoder(Latents, 24, 9, transform: InputTransform.Fit(kind, x));
        Tensor Joint(SteeringMode mode, bool keepError = true) => JointSteering.Apply(sae, [new(17, 2.5, StrengthUnit.Raw, mode)], 0, keepError, x);
        Assert.InRange(Samples.Distance(Joint(SteeringMode.Clamp), Steering.Apply(sae, 17, new SteeringMethod.Clamp(2.5), x)), 0, 1e-14);
        Assert.InRange(Samples.Distance(Joint(SteeringMode.Add), Steering.Apply(sae, 17, new SteeringMethod.Add(2.5), x)), 0, 1e-14);
        Assert.InRange(Samples.Distance(Joint(SteeringMode.Clamp, keepError: false), Steering.Apply(sae, 17, new SteeringMethod.Splice(2.5), x)), 0, 1e-14);
    }

    [Fact]
    public void A_strength_of_one_norm_writes_a_vector_of_that_length()
    {
        using var scope = NewDisposeScope();
        var x = new SparseWorld(10, 24).Rows(0, 10, ScalarType.Float64);
        using var sae = Samples.Autoencoder(Latents, 24, 9, transform: InputTransform.Fit(InputNormalisation.PerTokenLayerNorm, x));
        var moved = JointSteering.Apply(sae, [new(5, 1, StrengthUnit.Norm, SteeringMode.Add)], Norm, keepError: true, x) - x;
        Assert.All(moved.norm(1, p: 2).data<double>().ToArray(), length => Assert.Equal(Norm, length, 1e-12));
    }

    [Fact]
    public void A_row_without_length_cannot_be_scaled_to_a_norm()
    {
        using var scope = NewDisposeScope();
        using var sae = new SparseAutoencoder(eye(2), zeros(2), zeros(2, 2), zeros(2), 1, InputTransform.None);
        Assert.Contains("length 0", Assert.Throws<InterpException>(() => JointSteering.Apply(sae, [new(1, 1, StrengthUnit.Norm)], 1, true, ones(1, 2))).Message, StringComparison.Ordinal);
    }
}
