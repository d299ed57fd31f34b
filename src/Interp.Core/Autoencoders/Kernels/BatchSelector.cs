using System.Numerics;
using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// Finds the largest positive numbers of a whole batch, exactly; among equal numbers those of the earlier token, then of the lower
/// latent, win. Chunks keep candidates, each at most a few times as many as are wanted in all, and <see cref="Finish"/> compares them.
/// </summary>
internal sealed unsafe class BatchSelector<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly List<Candidates> chunks = [];
    private readonly AlignedBuffer<T> work = new();
    private long wanted;
    private T floor;
    private T hint;

    /// <summary>Makes ready for a batch.</summary>
    /// <param name="chunkCount">Chunks of the batch.</param>
    /// <param name="count">How many numbers are wanted.</param>
    /// <param name="guess">Whether to keep only numbers above a guess from the last batch at first; that moves only the time it takes.</param>
    public void Begin(int chunkCount, long count, bool guess)
    {
        (wanted, floor) = (count, guess ? hint : T.Zero);
        while (chunks.Count < chunkCount)
            chunks.Add(new Candidates());
        foreach (var chunk in chunks)
            chunk.Clear(floor);
    }

    /// <summary>Takes note of a tile of a chunk, whose numbers are numbers + bias.</summary>
    public void Feed(Chunk chunk, T* numbers, T* bias, int offset, int columns) =>
        chunks[chunk.Number].Feed(chunk.Rows, numbers, bias, offset, columns, wanted);

    /// <summary>Selects, and leaves the entries as values and pre-activations of <paramref name="codes"/>.</summary>
    /// <returns>Whether the guess was low enough; if not, the batch has to be fed again without one.</returns>
    public bool Finish(int rows, SparseCodes<T> codes, out T smallest)
    {
        var total = chunks.Sum(chunk => (long)chunk.Count);
        smallest = T.Zero;
        if (total < wanted && floor > T.Zero)
            return false;
        var threshold = T.Zero;
        var equal = 0L;
        if (total > wanted)
        {
            var all = work.Ensure(total);
            var at = 0L;
            foreach (var chunk in chunks)
            {
                new ReadOnlySpan<T>(chunk.Values, chunk.Count).CopyTo(new Span<T>(all + at, chunk.Count));
                at += chunk.Count;
            }
            threshold = TopKSelector<T>.Largest(all, (int)total, (int)wanted);
            equal = wanted - chunks.Sum(chunk => chunk.CountAbove(threshold));
        }
        smallest = T.PositiveInfinity;
        for (var i = 0; i < Chunk.Count(rows); i++)
            chunks[i].MoveTo(codes, Chunk.Of(rows, i), threshold, ref equal, ref smallest);
        if (!T.IsFinite(smallest))
            smallest = T.Zero;
        hint = smallest * T.CreateChecked(0.75);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        work.Dispose();
        foreach (var chunk in chunks)
            chunk.Dispose();
    }

    /// <summary>The candidates of a chunk, in the order in which tiles come: by tile, then row, then latent.</summary>
    private sealed class Candidates : IDisposable
    {
        private readonly AlignedBuffer<T> values = new();
        private readonly AlignedBuffer<int> latents = new();
        private readonly AlignedBuffer<int> rows = new();
        private readonly AlignedBuffer<T> work = new();
        private T limit;
        private long capacity;

        public int Count { get; private set; }

        public T* Values => values.Pointer;

        /// <summary>Forgets all and takes what is above a floor from now on.</summary>
        public void Clear(T floor) => (Count, limit) = (0, floor);

        public void Feed(int rowCount, T* numbers, T* bias, int offset, int columns, long wanted)
        {
            for (var row = 0; row < rowCount; row++)
            {
                if (Count >= 2 * wanted + columns)
                    Shrink((int)wanted, rowCount);
                Reserve(Count + columns);
                var from = numbers + (long)row * columns;
                var at = 0;
                for (; at + TopKSelector<T>.Word <= columns; at += TopKSelector<T>.Word)
                {
                    for (var above = TopKSelector<T>.Above(from + at, bias + offset + at, limit); above != 0; above &= above - 1)
                        Add(row, offset, at + BitOperations.TrailingZeroCount(above), from, bias);
                }
                for (; at < columns; at++)
                {
                    if (from[at] + bias[offset + at] > limit)
                        Add(row, offset, at, from, bias);
                }
            }
        }

        public long CountAbove(T threshold)
        {
            var above = 0L;
            for (var i = 0; i < Count; i++)
                above += values.Pointer[i] > threshold ? 1 : 0;
            return above;
        }

        /// <summary>Sorts by row and keeps those above the threshold, and of those equal to it the first <paramref name="equal"/>.</summary>
        public void MoveTo(SparseCodes<T> codes, Chunk chunk, T threshold, ref long equal, ref T smallest)
        {
            var places = new int[chunk.Rows + 1];
            for (var i = 0; i < Count; i++)
                places[rows.Pointer[i] + 1]++;
            for (var row = 0; row < chunk.Rows; row++)
                places[row + 1] += places[row];
            var starts = places.ToArray();
            var order = new int[Count];
            for (var i = 0; i < Count; i++)
                order[places[rows.Pointer[i]]++] = i;
            codes.Reserve(chunk.Number, Count);
            var written = 0;
            for (var row = 0; row < chunk.Rows; row++)
            {
                codes.Place(chunk.Start + row, written, 0);
                var indices = codes.Indices(chunk.Start + row);
                var kept = codes.Values(chunk.Start + row);
                var count = 0;
                for (var i = starts[row]; i < starts[row + 1]; i++)
                {
                    var value = values.Pointer[order[i]];
                    if (value < threshold || (value == threshold && equal-- <= 0))
                        continue;
                    indices[count] = latents.Pointer[order[i]];
                    kept[count++] = value;
                    smallest = T.Min(smallest, value);
                }
                codes.Place(chunk.Start + row, written, count);
                written += count;
            }
        }

        public void Dispose()
        {
            values.Dispose();
            latents.Dispose();
            rows.Dispose();
            work.Dispose();
        }

        /// <summary>
        /// Keeps the largest <paramref name="wanted"/>, of those that equal the last of them the earlier rows and lower latents. Later
        /// tiles may still bring equal ones of earlier rows, so the limit lets these in.
        /// </summary>
        private void Shrink(int wanted, int rowCount)
        {
            new ReadOnlySpan<T>(values.Pointer, Count).CopyTo(new Span<T>(work.Ensure(Count), Count));
            var threshold = TopKSelector<T>.Largest(work.Pointer, Count, wanted);
            limit = T.BitDecrement(threshold);
            var (last, left) = LastTie(threshold, (int)(wanted - CountAbove(threshold)), rowCount);
            var to = 0;
            for (var i = 0; i < Count; i++)
            {
                var value = values.Pointer[i];
                values.Pointer[to] = value;
                latents.Pointer[to] = latents.Pointer[i];
                var row = rows.Pointer[to] = rows.Pointer[i];
                var isTie = value == threshold;
                to += value > threshold || (isTie && (row < last || (row == last && left > 0))) ? 1 : 0;
                left -= isTie && row == last ? 1 : 0;
            }
            Count = to;
        }

        /// <summary>The row with the last of so many equal numbers, row after row, and how many of its own count; a row's come by latent.</summary>
        private (int Row, int Left) LastTie(T threshold, int ties, int rowCount)
        {
            var ofRow = new int[rowCount];
            for (var i = 0; i < Count; i++)
                ofRow[rows.Pointer[i]] += values.Pointer[i] == threshold ? 1 : 0;
            var row = 0;
            for (; ties > ofRow[row]; row++)
                ties -= ofRow[row];
            return (row, ties);
        }

        private void Add(int row, int offset, int at, T* numbers, T* bias)
        {
            values.Pointer[Count] = numbers[at] + bias[offset + at];
            latents.Pointer[Count] = offset + at;
            rows.Pointer[Count++] = row;
        }

        private void Reserve(long count)
        {
            if (count <= capacity)
                return;
            capacity = count * 3 / 2;
            values.Grow(capacity, Count);
            latents.Grow(capacity, Count);
            rows.Grow(capacity, Count);
        }
    }
}
