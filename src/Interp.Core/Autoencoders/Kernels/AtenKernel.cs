using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// The step in libtorch's operations: slow, short, on any device and in any precision; the reference that the fast kernel is
/// held to. On a GPU the sums of <c>index_add_</c> have no fixed order.
/// </summary>
internal sealed class AtenKernel : ISaeKernel
{
    /// <inheritdoc/>
    public string Name => "aten";

    /// <inheritdoc/>
    public KernelReport Step(TrainerState state, Tensor x, TrainingSpec spec, int k, double learningRate, StepGradients? record = null)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (encoder, decoder, bias) = (state.EncoderWeight.Value, state.DecoderWeight.Value, state.DecoderBias.Value);
        var (n, width) = (x.shape[0], x.shape[1]);
        var u = x - bias;
        var pre = u.mm(encoder.t()).add_(state.EncoderBias.Value);
        var main = Selected(pre, k);
        var r = u.neg();
        AtenCodec.AddDecoded(r, main, decoder);

        var variance = (x - x.mean([0])).square().mean().ToDouble();
        var error = r.square().mean().ToDouble();
        var scale = spec.MseScale ?? (variance > 0 ? 1 / variance : 0);
        var isDead = CountSilence(state, main, spec.Dead, n);
        var dead = isDead.sum().ToInt32();

        var gradients = new Gradients(state, u);
        gradients.Add(main, r * (2 * scale / (n * width)), toBias: true);
        var auxiliaryLoss = 0.0;
        if (spec.Auxiliary is { } auxiliary)
        {
            var room = auxiliary.Room((int)width);
            var helpers = Selected(pre * isDead.to(pre.dtype), Math.Min(room, state.Latents));
            var difference = r.clone();
            AtenCodec.AddDecoded(difference, helpers, decoder);
            var deviation = (r - r.mean([0])).square().mean().ToDouble();
            var coefficient = auxiliary.Coefficient * (auxiliary.ScaleByDead ? Math.Min((double)dead / room, 1) : 1);
            if (deviation != 0)
            {
                auxiliaryLoss = coefficient * difference.square().mean().ToDouble() / deviation;
                gradients.Add(helpers, difference * (2 * coefficient / (deviation * n * width)), auxiliary.BiasGradient);
            }
        }

        var norm = Update(state, spec, learningRate, gradients.InOrder(), record);
        return new KernelReport(scale * error, auxiliaryLoss, error / variance, norm, dead, (double)(main.Values > 0).sum().ToInt64() / n);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static SparseLatents Selected(Tensor pre, int k)
    {
        var (indices, values) = AtenCodec.TopK(pre, k);
        return new SparseLatents(indices, values);
    }

    /// <summary>Moves the counters of silence; returns which latents are dead now [M].</summary>
    private static Tensor CountSilence(TrainerState state, SparseLatents active, DeadRule rule, long n)
    {
        var silent = state.Silent;
        var fired = zeros(state.Latents, dtype: ScalarType.Int64, device: silent.device)
            .index_add_(0, active.Indices.view(-1), (active.Values > rule.FiredAbove).to(ScalarType.Int64).view(-1), 1);
        silent.mul_(fired == 0).add_(rule.Step(n));
        return silent > rule.Window;
    }

    private static double Update(TrainerState state, TrainingSpec spec, double learningRate, Tensor[] gradients, StepGradients? record)
    {
        Keep(record?.Raw, gradients);
        var decoder = state.DecoderWeight.Value;
        if (spec.DecoderRule == DecoderRule.UnitBeforeStep)
            SetUnit(decoder);
        if (spec.DecoderRule != DecoderRule.Free)
        {
            var gradient = gradients[state.Tied ? 0 : 2];
            gradient.sub_(decoder * (decoder * gradient).sum(1, keepdim: true));
        }
        Keep(record?.Final, gradients);

        var norm = Math.Sqrt(gradients.Sum(gradient => gradient.square().sum(type: ScalarType.Float64).ToDouble()));
        var clip = spec.Clip is { } limit ? Math.Min(1, limit / (norm + 1e-6)) : 1;
        state.Step++;
        var adam = spec.Adam;
        foreach (var (parameter, gradient) in state.Parameters.Zip(gradients))
        {
            gradient.mul_(clip);
            parameter.First.mul_(adam.Beta1).add_(gradient * (1 - adam.Beta1));
            parameter.Second.mul_(adam.Beta2).add_(gradient.square() * (1 - adam.Beta2));
            var root = (parameter.Second.sqrt() / Math.Sqrt(1 - Math.Pow(adam.Beta2, state.Step))).add_(adam.Epsilon);
            parameter.Value.mul_(1 - learningRate * adam.WeightDecay)
                .sub_(parameter.First / root * (learningRate / (1 - Math.Pow(adam.Beta1, state.Step))));
        }
        if (spec.DecoderRule == DecoderRule.UnitAfterStep)
            SetUnit(decoder);
        return norm;
    }

    private static void SetUnit(Tensor rows)
    {
        var norm = rows.norm(1, keepdim: true, p: 2);
        rows.div_(norm.where(norm > 0, ones_like(norm)));
    }

    private static void Keep(IReadOnlyList<Tensor>? places, Tensor[] gradients)
    {
        for (var i = 0; places is not null && i < gradients.Length; i++)
            places[i].copy_(gradients[i]);
    }

    /// <summary>The gradients of a batch, to which each loss term adds its share.</summary>
    private sealed class Gradients(TrainerState state, Tensor u)
    {
        private readonly Tensor encoder = zeros_like(state.EncoderWeight.Value);
        private readonly Tensor encoderBias = zeros_like(state.EncoderBias.Value);
        private readonly Tensor decoder = zeros_like(state.DecoderWeight.Value);
        private readonly Tensor decoderBias = zeros_like(state.DecoderBias.Value);

        /// <summary>Adds the share of a term whose gradient by its reconstruction is <paramref name="g"/> [n, d].</summary>
        public void Add(SparseLatents codes, Tensor g, bool toBias)
        {
            for (var slot = 0; slot < codes.K; slot++)
            {
                using var scope = NewDisposeScope();
                var latent = codes.Indices.select(1, slot);
                var value = codes.Values.narrow(1, slot, 1);
                var byValue = (state.DecoderWeight.Value.index_select(0, latent) * g).sum(1, keepdim: true) * (value > 0);
                decoder.index_add_(0, latent, g * value, 1);
                encoder.index_add_(0, latent, u * byValue, 1);
                encoderBias.index_add_(0, latent, byValue.squeeze(1), 1);
            }
            if (toBias)
                decoderBias.add_(g.sum([0]));
        }

        /// <summary>In the order of <see cref="TrainerState.Parameters"/>; the encoder's way to the bias is added here, once.</summary>
        public Tensor[] InOrder()
        {
            decoderBias.sub_(encoderBias.unsqueeze(0).mm(state.EncoderWeight.Value).squeeze(0));
            return state.Tied ? [encoder.add_(decoder), encoderBias, decoderBias] : [encoder, encoderBias, decoder, decoderBias];
        }
    }
}
