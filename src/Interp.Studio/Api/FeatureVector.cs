using System.ComponentModel;
using Interp.Studio.Http;
using static TorchSharp.torch;

namespace Interp.Studio.Api;

/// <summary>A latent's rows of the autoencoder.</summary>
internal static class FeatureVector
{
    public sealed record Answer
    {
        [Description("The direction that it writes: its row of W_dec.")]
        public required IReadOnlyList<float> Decoder { get; init; }

        [Description("The direction that it reads: its column of W_enc.")]
        public required IReadOnlyList<float> Encoder { get; init; }
    }

    public static Operation Of(Workbench bench) =>
        Operation.Get<Nothing, Answer>("/api/v1/features/{id}/vector", "The directions that a latent reads and writes.", (_, call) => Run(bench, bench.Known(call.At("id")))) with
        {
            At = bench.ExampleRoute,
        };

    private static Answer Run(Workbench bench, int latent) =>
        new() { Decoder = Row(bench.Microscope.Sae.DecoderWeight, latent), Encoder = Row(bench.Microscope.Sae.EncoderWeight, latent) };

    private static float[] Row(Tensor weight, int latent)
    {
        using var scope = NewDisposeScope();
        return weight[latent].detach().to(ScalarType.Float32, CPU).data<float>().ToArray();
    }
}
