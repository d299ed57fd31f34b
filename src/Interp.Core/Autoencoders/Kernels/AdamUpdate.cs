using System.Numerics;
using System.Runtime.Intrinsics;

namespace Interp.Autoencoders.Kernels;

/// <summary>Adam's constants of one step, and its application to a run of numbers.</summary>
internal readonly unsafe struct AdamUpdate<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Means of gradients below this are set to 0: the latents that stay silent would else keep subnormal numbers, which
    /// some processors compute a hundred times slower. Next to epsilon they move nothing.</summary>
    private static readonly T Negligible = T.CreateChecked(1e-30);

    private readonly T beta1, oneMinusBeta1, beta2, oneMinusBeta2, rate, varianceFactor, epsilon, decay;

    /// <param name="spec">The optimiser.</param>
    /// <param name="learningRate">Learning rate of this step.</param>
    /// <param name="step">Number of this step, from 1.</param>
    public AdamUpdate(AdamSpec spec, double learningRate, long step)
    {
        beta1 = T.CreateChecked(spec.Beta1);
        oneMinusBeta1 = T.CreateChecked(1 - spec.Beta1);
        beta2 = T.CreateChecked(spec.Beta2);
        oneMinusBeta2 = T.CreateChecked(1 - spec.Beta2);
        rate = T.CreateChecked(-learningRate / (1 - Math.Pow(spec.Beta1, step)));
        varianceFactor = T.CreateChecked(1 / Math.Sqrt(1 - Math.Pow(spec.Beta2, step)));
        epsilon = T.CreateChecked(spec.Epsilon);
        decay = T.CreateChecked(1 - learningRate * spec.WeightDecay);
    }

    /// <summary>Moves <paramref name="count"/> values by their gradients times <paramref name="clip"/>.</summary>
    public void Apply(T* values, T* first, T* second, T* gradients, int count, T clip)
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
