using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>AuxK of any kind that has pre-activations to compare, in the form that the spec names.</summary>
internal static class AuxiliaryTerm
{
    /// <summary>The term with its coefficient; null where there is none.</summary>
    /// <remarks>Without dead latents ê is 0: the normalised form then is a constant, as openai/sparse_autoencoder has it, the others are absent.</remarks>
    public static Tensor? Of(StepGraph graph, Activations active, Tensor dead)
    {
        if (graph.Spec.Auxiliary is not { } spec)
            return null;
        var count = dead.sum().ToInt32();
        if (count == 0 && spec.Form != AuxiliaryForm.Normalised)
            return null;
        var room = spec.Room(graph.Width);
        var helpers = Helpers(active, dead, Math.Min(room, count), keepNegative: spec.Form == AuxiliaryForm.SumOverWidth);
        var decoded = helpers.mm(graph.Decoder);
        var coefficient = spec.Coefficient * (spec.ScaleByDead ? Math.Min((double)count / room, 1) : 1);
        return spec.Form switch
        {
            AuxiliaryForm.Undetached => (graph.ToLossSpace(decoded + graph.DecoderBias) - graph.Remainder(active.Reconstruction)).square().mean() * coefficient,
            AuxiliaryForm.SumOverWidth => (decoded - (graph.Target - active.Reconstruction).detach()).square().sum(1).mean() * coefficient,
            _ => Normalised(graph, active, decoded, spec.BiasGradient, coefficient),
        };
    }

    private static Tensor? Normalised(StepGraph graph, Activations active, Tensor decoded, bool biasGradient, double coefficient)
    {
        var error = (graph.Target - active.Reconstruction).detach();
        var deviation = (error - error.mean([0])).square().mean().ToDouble();
        if (deviation == 0)
            return null;
        var difference = biasGradient ? decoded + graph.DecoderBias - (error + graph.DecoderBias.detach()) : decoded - error;
        return difference.square().mean() * (coefficient / deviation);
    }

    /// <summary>The k largest pre-activations of dead latents per token, 0 elsewhere [n, M], in the decoder's units.</summary>
    private static Tensor Helpers(Activations active, Tensor dead, int k, bool keepNegative)
    {
        var pre = active.Pre;
        var candidates = pre.detach().masked_fill(dead.logical_not(), double.NegativeInfinity);
        var kept = pre * Selection.LargestOfRows(candidates, k);
        var helpers = keepNegative ? kept : kept.relu();
        return active.Norm is null ? helpers : helpers / active.Norm;
    }
}
