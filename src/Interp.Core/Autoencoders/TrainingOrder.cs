using Interp.Runtime;

namespace Interp.Autoencoders;

/// <summary>
/// The order in which rows are trained on: per pass, the windows of the source one after the other, in each a fresh permutation of
/// its rows. One window that holds everything shuffles best; smaller ones need only so many rows at a time.
/// </summary>
/// <param name="rows">Rows of the source.</param>
/// <param name="window">Rows of a window; the last one may be shorter.</param>
/// <param name="seed">Seed of the permutations.</param>
internal sealed class TrainingOrder(int rows, int window, long seed)
{
    private long start;
    private int first;
    private int[] order = [];

    /// <summary>The rows at the positions from <paramref name="position"/> on; positions run through all passes.</summary>
    public int[] Rows(long position, int count)
    {
        var chosen = new int[count];
        for (var i = 0; i < count; i++, position++)
        {
            if (position < start || position >= start + order.Length)
                Enter(position);
            chosen[i] = first + order[position - start];
        }
        return chosen;
    }

    private void Enter(long position)
    {
        var (pass, at) = Math.DivRem(position, rows);
        var number = (int)at / window;
        first = number * window;
        start = pass * rows + first;
        order = new RandomStream(seed, number == 0 ? $"train/order/{pass}" : $"train/order/{pass}/{number}").Permutation(Math.Min(window, rows - first));
    }
}
