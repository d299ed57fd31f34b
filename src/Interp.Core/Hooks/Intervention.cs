using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Hooks;

/// <summary>A change of the value at a point. Several of the same point follow each other in the order in which a run is given them.</summary>
/// <param name="Point">Where.</param>
/// <param name="Change">What.</param>
public sealed record Intervention(HookPoint Point, Change Change)
{
    /// <summary>Which positions; of attention maps the query's. All by default.</summary>
    public Positions Positions { get; init; } = Positions.All;

    /// <summary>Which head, at a site that has heads; null for all.</summary>
    public int? Head { get; init; }

    /// <summary>A function of the whole value at a point.</summary>
    public static Intervention Of(HookPoint point, Func<Tensor, Tensor> function) => new(point, new Change.Apply(function));

    /// <summary>The changed value; what is not selected keeps its bits.</summary>
    /// <param name="value">The value of a pass whose first position is <paramref name="start"/>.</param>
    /// <param name="start">Position of the first token of the pass.</param>
    /// <exception cref="InterpException">A vector, head or source does not fit the value.</exception>
    internal Tensor ApplyTo(Tensor value, int start)
    {
        var positionAxis = Point.IsAttentionMap ? 2 : 1;
        var length = (int)value.size(positionAxis);
        if (ReferenceEquals(Positions, Positions.All) && Head is null)
            return Changed(value, positionAxis, start);
        var selected = Enumerable.Range(start, length).Select(Positions.Contains).ToArray();
        if (!selected.Contains(true))
            return value;
        var mask = tensor(selected, device: value.device).view(Shape(value, positionAxis, -1));
        return where(Head is null ? mask : mask.logical_and(HeadMask(value)), Changed(value, positionAxis, start), value);
    }

    private Tensor Changed(Tensor value, int positionAxis, int start)
    {
        var changed = Change switch
        {
            Change.Replace replace => Vector(replace.Vector, value, positionAxis).expand_as(value),
            Change.Add add => value + Vector(add.Vector, value, positionAxis) * add.Factor,
            Change.Scale scale => value * scale.Factor,
            Change.Zero => zeros_like(value),
            Change.Mean mean => MeanOf(mean.Source[Point], value),
            Change.Clamp clamp => Clamped(value, clamp, positionAxis),
            Change.Patch patch => Patched(patch.Source[patch.From ?? Point], value, positionAxis, start),
            Change.Apply apply => apply.Function(value),
            _ => throw new InvalidOperationException($"{Change} is not known."),
        };
        return changed.shape.AsSpan().SequenceEqual(value.shape)
            ? changed
            : throw Fault($"gives a value of shape [{string.Join(", ", changed.shape)}] for one of [{string.Join(", ", value.shape)}]; keep the shape");
    }

    private Tensor Clamped(Tensor value, Change.Clamp clamp, int positionAxis)
    {
        if (!(clamp.Low <= clamp.High))
            throw Fault($"clamps to {clamp.Low} .. {clamp.High}, which is no range; give the lower bound first");
        var direction = Vector(clamp.Direction, value, positionAxis);
        long[] axes = direction.dim() == 1 ? [-1] : [-2, -1];
        var norm = direction.square().sum().sqrt();
        if (!(norm.ToDouble() > 0))
            throw Fault("clamps along a direction of length 0; give another");
        var unit = direction / norm;
        var component = (value * unit).sum(axes, keepdim: true);
        return value + (component.clamp(clamp.Low, clamp.High) - component) * unit;
    }

    private Tensor MeanOf(Tensor source, Tensor value)
    {
        if (Point.IsAttentionMap)
            throw Fault("has no mean over positions, since each sees other keys; use another change");
        return source.to(value.device).mean([0, 1], keepdim: true).to(value.dtype).expand_as(value);
    }

    private Tensor Patched(Tensor source, Tensor value, int positionAxis, int start)
    {
        var count = Math.Min(value.size(positionAxis), source.size(positionAxis) - start);
        if (count <= 0)
            return value;
        var part = source.narrow(positionAxis, start, count).to(value.dtype, value.device);
        if (Point.IsAttentionMap && part.size(-1) != value.size(-1))
            throw Fault($"patches a map over {part.size(-1)} keys into one over {value.size(-1)}; use a source of the same length");
        var shape = value.shape;
        shape[positionAxis] = count;
        if (part.dim() != value.dim() || (part.size(0) != 1 && part.size(0) != shape[0]) || !part.shape.AsSpan(1).SequenceEqual(shape.AsSpan(1)))
            throw Fault($"patches a value of shape [{string.Join(", ", part.shape)}] into one of [{string.Join(", ", value.shape)}]; use a source that fits");
        var rest = value.size(positionAxis) - count;
        return rest == 0 ? part.expand(shape) : cat([part.expand(shape), value.narrow(positionAxis, count, rest)], positionAxis);
    }

    /// <summary>[last] or, at a site with heads, [heads, last]; it broadcasts over the value.</summary>
    private Tensor Vector(IReadOnlyList<float> numbers, Tensor value, int positionAxis)
    {
        var vector = tensor(numbers.ToArray(), dtype: value.dtype, device: value.device);
        if (numbers.Count == value.size(-1))
            return vector;
        if (positionAxis == 1 && value.dim() == 4 && numbers.Count == value.size(2) * value.size(3))
            return vector.view(value.size(2), value.size(3));
        throw Fault($"has a vector of {numbers.Count} numbers for a value of shape [{string.Join(", ", value.shape)}]; give {value.size(-1)}");
    }

    private Tensor HeadMask(Tensor value)
    {
        var axis = Point.IsAttentionMap ? 1 : 2;
        if (value.dim() != 4)
            throw Fault("names a head, but the site has none; leave it out");
        if (Head < 0 || Head >= value.size(axis))
            throw Fault($"names the head {Head}, but there are {value.size(axis)}; give 0 to {value.size(axis) - 1}");
        return arange(value.size(axis), device: value.device).eq(Head!.Value).view(Shape(value, axis, -1));
    }

    private static long[] Shape(Tensor value, int axis, long size)
    {
        var shape = new long[value.dim()];
        Array.Fill(shape, 1);
        shape[axis] = size;
        return shape;
    }

    private InterpException Fault(string what) => new($"The intervention at {Point} {what}.");
}
