using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>cos and sin of the rotary angles.</summary>
internal static class RotaryTable
{
    /// <summary>
    /// Two tensors [length, 1, rotated/2] in <paramref name="type"/> for the positions start .. start+length-1, the last of the input.
    /// The angles are rounded to float32 as the reference libraries do, unless the model runs in float64.
    /// </summary>
    public static (Tensor Cos, Tensor Sin) Build(RopeConfig rope, int start, int length, ScalarType type, Device device)
    {
        var frequencies = Frequencies(rope, start + length);
        var amplitude = rope.Scaling is RopeScaling.LongRope longRope ? longRope.Amplitude : 1;
        var wide = type == ScalarType.Float64;
        var cos = new double[length * frequencies.Length];
        var sin = new double[cos.Length];
        for (var row = 0; row < length; row++)
        {
            var position = start + row;
            for (var i = 0; i < frequencies.Length; i++)
            {
                var angle = wide ? position * frequencies[i] : position * (float)frequencies[i];
                cos[row * frequencies.Length + i] = Math.Cos(angle) * amplitude;
                sin[row * frequencies.Length + i] = Math.Sin(angle) * amplitude;
            }
        }
        Tensor Table(double[] values) => tensor(values, [length, 1, frequencies.Length], dtype: type, device: device);
        return (Table(cos), Table(sin));
    }

    /// <summary>Names the frequencies of an input of this length: inputs with the same number share them, others do not.</summary>
    public static int Regime(RopeConfig? rope, int length) => rope?.Scaling switch
    {
        RopeScaling.Dynamic dynamic when length > dynamic.Limit => length,
        RopeScaling.LongRope longRope when length > longRope.OriginalLength => 1,
        _ => 0,
    };

    private static double[] Frequencies(RopeConfig rope, int length)
    {
        var count = rope.RotatedWidth / 2;
        double[] Plain(double theta) => [.. Enumerable.Range(0, count).Select(i => Math.Pow(theta, -2.0 * i / rope.RotatedWidth))];
        var plain = Plain(rope.Base);
        return rope.Scaling switch
        {
            RopeScaling.Linear linear => [.. plain.Select(f => f / linear.Factor)],
            RopeScaling.Dynamic dynamic when length > dynamic.Limit => Plain(rope.Base * Math.Pow(
                dynamic.Factor * length / dynamic.Limit - (dynamic.Factor - 1), rope.RotatedWidth / (rope.RotatedWidth - 2.0))),
            RopeScaling.Llama3 llama => [.. plain.Select(f => Blend(f, llama))],
            RopeScaling.LongRope longRope => [.. plain.Zip(length > longRope.OriginalLength ? longRope.Long : longRope.Short, (f, factor) => f / factor)],
            _ => plain,
        };
    }

    private static double Blend(double frequency, RopeScaling.Llama3 rule)
    {
        var turns = rule.OriginalLength * frequency / (2 * Math.PI);
        if (turns < rule.LowFactor)
            return frequency / rule.Factor;
        if (turns > rule.HighFactor)
            return frequency;
        var share = (turns - rule.LowFactor) / (rule.HighFactor - rule.LowFactor);
        return (1 - share) * frequency / rule.Factor + share * frequency;
    }
}
