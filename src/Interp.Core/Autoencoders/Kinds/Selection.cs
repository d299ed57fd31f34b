using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>Masks of the largest numbers; among equal ones the lower index wins.</summary>
internal static class Selection
{
    /// <summary>1 for the k largest of each row, 0 for the others.</summary>
    public static Tensor LargestOfRows(Tensor numbers, int k)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (_, order) = sort(numbers, 1, descending: true, stable: true);
        var largest = order.narrow(1, 0, Math.Min(k, numbers.shape[1]));
        return zeros_like(numbers).scatter_(1, largest, ones_like(numbers)).MoveToOuterDisposeScope();
    }

    /// <summary>1 for the <paramref name="count"/> largest of all numbers, taken row after row.</summary>
    public static Tensor LargestOfAll(Tensor numbers, long count)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var flat = numbers.reshape(-1);
        var mask = zeros_like(flat);
        if (count >= flat.numel())
            mask.fill_(1);
        else if (count > 0)
        {
            var smallest = flat.topk((int)count, 0, largest: true, sorted: false).values.min();
            var above = flat > smallest;
            mask.masked_fill_(above, 1);
            var equal = (flat == smallest).nonzero().squeeze(1);
            mask.index_fill_(0, equal.narrow(0, 0, Math.Min(equal.numel(), count - above.sum().ToInt64())), 1);
        }
        return mask.view_as(numbers).MoveToOuterDisposeScope();
    }
}
