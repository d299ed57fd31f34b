using Interp.Autoencoders;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

/// <summary>
/// JumpReLU's gradients, surrogates across the jump included, from the formulas of the papers, one number after the other in
/// float64: with s the slope (θ/ε)·rect((p-θ)/ε) and g the gradient by f, θ receives -s·g, and with a straight-through jump p
/// receives s·g besides its own.
/// </summary>
internal static class JumpReluByHand
{
    /// <summary>The gradients of a step's loss by the name of each parameter.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="trainer">Holds the parameters and the recipe, whose main loss has a scale.</param>
    /// <param name="x">The batch [n, d] float64, which enters the encoder as it is.</param>
    /// <param name="allDead">Whether the pre-activation loss pulls all latents, or none.</param>
    public static Dictionary<string, Tensor> Gradients(JumpReluDictionary kind, SaeTrainer trainer, Tensor x, bool allDead)
    {
        double[] Of(string name) => Samples.Numbers(trainer.State.Parameters.First(parameter => parameter.Name == name).Value);
        var (encoder, bias, decoder, shift, threshold) = (Of("encoder_weight"), Of("encoder_bias"), Of("decoder_weight"), Of("decoder_bias"), Of("threshold"));
        var (n, d, latents) = ((int)x.shape[0], (int)x.shape[1], bias.Length);
        var rows = Samples.Numbers(x);
        var penalty = trainer.Spec.Sparsity.Coefficient / n;
        var pull = allDead ? kind.PreActivation / n : 0;
        var norm = Enumerable.Range(0, latents).Select(j => Math.Sqrt(Enumerable.Range(0, d).Sum(i => decoder[j * d + i] * decoder[j * d + i]))).ToArray();
        var (byEncoder, byBias, byDecoder, byShift, byThreshold) = (new double[latents * d], new double[latents], new double[latents * d], new double[d], new double[latents]);
        for (var t = 0; t < n; t++)
        {
            var u = Enumerable.Range(0, d).Select(i => rows[t * d + i] - shift[i]).ToArray();
            var pre = Enumerable.Range(0, latents).Select(j => bias[j] + Enumerable.Range(0, d).Sum(i => u[i] * encoder[j * d + i])).ToArray();
            var value = pre.Select((p, j) => p > threshold[j] ? p : 0).ToArray();
            var byOutput = Enumerable.Range(0, d)
                .Select(i => 2 * trainer.Spec.MseScale!.Value / (n * d) * (Enumerable.Range(0, latents).Sum(j => value[j] * decoder[j * d + i]) - u[i])).ToArray();
            for (var i = 0; i < d; i++)
                byShift[i] += byOutput[i];
            for (var j = 0; j < latents; j++)
            {
                var isNear = Math.Abs((pre[j] - threshold[j]) / kind.Bandwidth) < 0.5;
                var slope = isNear ? threshold[j] / kind.Bandwidth : 0;
                var byValue = Enumerable.Range(0, d).Sum(i => byOutput[i] * decoder[j * d + i]);
                var byNorm = 0.0;
                if (kind.Penalty == JumpPenalty.Tanh)
                {
                    var squeeze = penalty * kind.TanhScale / Math.Pow(Math.Cosh(kind.TanhScale * value[j] * norm[j]), 2);
                    byValue += squeeze * norm[j];
                    byNorm += squeeze * value[j];
                }
                else if (isNear)
                    byThreshold[j] -= penalty / kind.Bandwidth;
                byThreshold[j] -= slope * byValue;
                var byPre = ((pre[j] > threshold[j] ? 1 : 0) + (kind.StraightThrough ? slope : 0)) * byValue;
                if (threshold[j] > pre[j])
                {
                    byPre -= pull * norm[j];
                    byThreshold[j] += pull * norm[j];
                    byNorm += pull * (threshold[j] - pre[j]);
                }
                byBias[j] += byPre;
                for (var i = 0; i < d; i++)
                {
                    byEncoder[j * d + i] += byPre * u[i];
                    byDecoder[j * d + i] += value[j] * byOutput[i] + byNorm * decoder[j * d + i] / norm[j];
                    byShift[i] -= byPre * encoder[j * d + i];
                }
            }
        }
        Tensor Matrix(double[] numbers) => tensor(numbers, [latents, d], device: CPU);
        return new()
        {
            ["encoder_weight"] = Matrix(byEncoder),
            ["encoder_bias"] = tensor(byBias, device: CPU),
            ["decoder_weight"] = Matrix(byDecoder),
            ["decoder_bias"] = tensor(byShift, device: CPU),
            ["threshold"] = tensor(byThreshold, device: CPU),
        };
    }
}
