using System.Numerics;
using System.Runtime.Intrinsics;

namespace Interp.Autoencoders.Kernels;

/// <summary>An optimiser's constants of one step, and its application to a run of numbers.</summary>
internal readonly unsafe struct OptimiserUpdate<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Means of gradients below this are set to 0: the latents that stay silent would else keep subnormal numbers, which
    /// some processors compute a hundred times slower. Next to epsilon they move nothing.</summary>
    private static readonly T Negligible = T.CreateChecked(1e-30);

    private readonly Optimiser rule;
    private readonly T beta1, oneMinusBeta1, beta2, oneMinusBeta2, rate, varianceFactor, epsilon, decay;

    /// <param name="spec">The optimiser.</param>
    /// <param name="learningRate">Learning rate of this step.</param>
    /// <param name="step">Number of this step, from 1.</param>
    public OptimiserUpdate(OptimiserSpec spec, double learningRate, long step)
    {
        rule = spec.Rule;
        beta1 = T.CreateChecked(spec.Beta1);
        oneMinusBeta1 = T.CreateChecked(1 - spec.Beta1);
        beta2 = T.CreateChecked(spec.Beta2);
        oneMinusBeta2 = T.CreateChecked(1 - spec.Beta2);
        rate = T.CreateChecked(rule == Optimiser.Signum ? -learningRate : -learningRate / (1 - Math.Pow(spec.Beta1, step)));
        varianceFactor = T.CreateChecked(1 / Math.Sqrt(1 - Math.Pow(spec.Beta2, step)));
        epsilon = T.CreateChecked(spec.Epsilon);
        decay = T.CreateChecked(1 - learningRate * spec.WeightDecay);
    }

    /// <summary>Moves <paramref name="count"/> values by their gradients times <paramref name="clip"/>.</summary>
    public void Apply(T* values, T* first, T* second, T* gradients, int count, T clip)
    {
        if (rule == Optimiser.Signum)
            ApplySignum(values, first, gradients, count, clip);
        else
            ApplyAdam(values, first, second, gradients, count, clip);
    }

    private void ApplySignum(T* values, T* first, T* gradients, int count, T clip)
    {
        var (b1, c1) = (Vector256.Create(beta1), Vector256.Create(oneMinusBeta1));
        var (up, down, shrink, scale) = (Vector256.Create(rate), Vector256.Create(-rate), Vector256.Create(decay), Vector256.Create(clip));
        var i = 0;
        for (; i + Rows<T>.Lanes <= count; i += Rows<T>.Lanes)
        {
            var m = Rows<T>.Fma(Vector256.Load(gradients + i) * scale, c1, Vector256.Load(first + i) * b1);
            m.Store(first + i);
            var move = (Vector256.GreaterThan(m, Vector256<T>.Zero) & up) | (Vector256.LessThan(m, Vector256<T>.Zero) & down);
            (Vector256.Load(values + i) * shrink + move).Store(values + i);
        }
        for (; i < count; i++)
        {
            first[i] = T.FusedMultiplyAdd(gradients[i] * clip, oneMinusBeta1, first[i] * beta1);
            values[i] = values[i] * decay + (first[i] > T.Zero ? rate : first[i] < T.Zero ? -rate : T.Zero);
        }
    }

    private void ApplyAdam(T* values, T* first, T* second, T* gradients, int count, T clip)
    {
        var b1 = Vector256.Create(beta1);
        var c1 = Vector256.Create(oneMinusBeta1);
        var b2 = Vector256.Create(beta2);
        var c2 = Vector256.Create(oneMinusBeta2);
        var step = Vector256.Create(rate);
        var factor = Vector256.Create(varianceFactor);
        var floor = Vector256.Create(epsilon);
        var shrink = Vector256.Create(decay);
        var scale = Vector256.Create(clip);
        var tiny = Vector256.Create(Negligible);
        var i = 0;
        for (; i + Rows<T>.Lanes <= count; i += Rows<T>.Lanes)
        {
            var g = Vector256.Load(gradients + i) * scale;
            var m = Rows<T>.Fma(g, c1, Vector256.Load(first + i) * b1);
            m = Vector256.AndNot(m, Vector256.LessThan(Vector256.Abs(m), tiny));
            var v = Rows<T>.Fma(g * g, c2, Vector256.Load(second + i) * b2);
            m.Store(first + i);
            v.Store(second + i);
            var root = Rows<T>.Fma(Vector256.Sqrt(v), factor, floor);
            Rows<T>.Fma(m / root, step, Vector256.Load(values + i) * shrink).Store(values + i);
        }
        for (; i < count; i++)
        {
            var g = gradients[i] * clip;
            var m = T.FusedMultiplyAdd(g, oneMinusBeta1, first[i] * beta1);
            first[i] = m = T.Abs(m) < Negligible ? T.Zero : m;
            second[i] = T.FusedMultiplyAdd(g * g, oneMinusBeta2, second[i] * beta2);
            values[i] = T.FusedMultiplyAdd(m / T.FusedMultiplyAdd(T.Sqrt(second[i]), varianceFactor, epsilon), rate, values[i] * decay);
        }
    }
}
