using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// The step in libtorch's dense operations with autograd, for every kind of dictionary: slow, short, on any device and in any
/// precision; the reference that the fused kernel is held to.
/// </summary>
internal sealed class AtenKernel : ISaeKernel
{
    /// <inheritdoc/>
    public string Name => "aten";

    /// <inheritdoc/>
    public KernelReport Step(TrainerState state, in StepInput input, TrainingSpec spec, StepGradients? record = null)
    {
        using var scope = NewDisposeScope();
        var kind = spec.Kind;
        kind.Constrain(state);
        var deadBefore = spec.Dead.Counted == DeadCount.BeforeForward ? state.Silent > spec.Dead.Window : null;
        var leaves = state.Parameters.Select(p => p.Value.detach().requires_grad_()).ToArray();
        Activations active;
        var terms = new List<KeyValuePair<string, double>>();
        Tensor dead;
        StepGraph graph;
        using (enable_grad())
        {
            graph = Graph(state, input, spec, leaves);
            active = kind.Forward(graph);
            CountSilence(state, active.Latents.detach(), spec.Dead);
            dead = deadBefore ?? state.Silent > spec.Dead.Window;
            var total = zeros([], dtype: input.Tokens.Values.dtype, device: input.Tokens.Values.device);
            foreach (var term in kind.Terms(graph, active, dead))
            {
                terms.Add(new(term.Name, term.Value.ToDouble()));
                total = total + term.Value;
            }
            if (spec.EncoderPenalty > 0)
            {
                var penalty = graph.Encoder.square().sum() * spec.EncoderPenalty;
                terms.Add(new(LossTerm.Weight, penalty.ToDouble()));
                total = total + penalty;
            }
            total.backward();
        }
        Observe(state, kind, active.Latents.detach());

        var target = graph.Target;
        var error = (active.Reconstruction.detach() - target).square().sum(type: ScalarType.Float64).ToDouble();
        var variance = (target - target.mean([0])).square().sum(type: ScalarType.Float64).ToDouble();
        var count = (active.Latents.detach() > 0).sum().ToInt64();
        var gradients = leaves.Select(leaf => leaf.grad is { } gradient ? gradient.clone() : zeros_like(leaf)).ToArray();
        foreach (var leaf in leaves)
            leaf.grad?.Dispose();
        var norms = Update(state, spec, input.LearningRate, gradients, record);
        return new KernelReport(terms, error / variance, norms, dead.sum().ToInt32(), (double)count / graph.Count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static StepGraph Graph(TrainerState state, in StepInput input, TrainingSpec spec, Tensor[] leaves)
    {
        Tensor Leaf(Parameter parameter) => parameter.IsTrained ? leaves[state.IndexOf(parameter)] : parameter.Value.detach();
        var extra = state.Extras.ToDictionary(p => p.Name, Leaf);
        return new StepGraph(spec, input.K, input.Sparsity, Leaf(state.EncoderWeight), Leaf(state.EncoderBias), Leaf(state.DecoderWeight), Leaf(state.DecoderBias),
            extra, input.Tokens, input.Raw, input.Target ?? input.Tokens.Values);
    }

    private static void Observe(TrainerState state, SaeKind kind, Tensor latents)
    {
        using var noGradient = no_grad();
        var positive = latents.masked_select(latents > 0);
        if (positive.numel() > 0)
            kind.Observe(state, positive.min().ToDouble());
    }

    /// <summary>Moves the counters of silence.</summary>
    private static void CountSilence(TrainerState state, Tensor latents, DeadRule rule)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var fired = (latents > rule.FiredAbove).any(0);
        var step = rule.Step(latents.shape[0]);
        if (rule.Counted == DeadCount.BeforeForward)
            state.Silent.add_(step).masked_fill_(fired, 0);
        else
            state.Silent.masked_fill_(fired, 0).add_(step);
    }

    private static double[] Update(TrainerState state, TrainingSpec spec, double learningRate, Tensor[] gradients, StepGradients? record)
    {
        using var noGradient = no_grad();
        Keep(record?.Raw, gradients);
        var decoder = state.DecoderWeight.Value;
        if (spec.DecoderRule == DecoderRule.UnitBeforeStep)
            SetUnit(decoder);
        if (spec.DecoderRule != DecoderRule.Free)
        {
            var gradient = gradients[state.IndexOf(state.DecoderWeight)];
            gradient.sub_(decoder * (decoder * gradient).sum(1, keepdim: true));
        }
        Keep(record?.Final, gradients);

        double[] norms = [.. gradients.Select(gradient => Math.Sqrt(gradient.square().sum(type: ScalarType.Float64).ToDouble()))];
        var norm = Math.Sqrt(norms.Sum(each => each * each));
        var clip = spec.Clip is { } limit ? Math.Min(1, limit / (norm + 1e-6)) : 1;
        state.Step++;
        foreach (var (parameter, gradient) in state.Parameters.Zip(gradients))
            Move(parameter, gradient.mul_(clip), spec.Optimiser, learningRate, state.Step);
        if (spec.DecoderRule == DecoderRule.UnitAfterStep)
            SetUnit(decoder);
        return norms;
    }

    private static void Move(Parameter parameter, Tensor gradient, OptimiserSpec spec, double learningRate, int step)
    {
        parameter.First.mul_(spec.Beta1).add_(gradient * (1 - spec.Beta1));
        parameter.Value.mul_(1 - learningRate * spec.WeightDecay);
        if (spec.Rule == Optimiser.Signum)
        {
            parameter.Value.sub_(parameter.First.sign() * learningRate);
            return;
        }
        parameter.Second.mul_(spec.Beta2).add_(gradient.square() * (1 - spec.Beta2));
        var root = (parameter.Second.sqrt() / Math.Sqrt(1 - Math.Pow(spec.Beta2, step))).add_(spec.Epsilon);
        parameter.Value.sub_(parameter.First / root * (learningRate / (1 - Math.Pow(spec.Beta1, step))));
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
}
