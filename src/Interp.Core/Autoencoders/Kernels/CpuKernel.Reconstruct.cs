using System.Diagnostics;
using Interp.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    /// <summary>Decodes a chunk's entries, sums its residuals and chains gradients back to the pre-activations.</summary>
    private void Reconstruct(Chunk chunk, ChunkScratch<T> scratch)
    {
        var clock = Stopwatch.GetTimestamp();
        if (rule.Second is { } other)
            PrepareSecond(other, chunk, scratch);
        MapValues(chunk);
        StartResiduals(chunk, 0);
        clock = parts.Add(StepPart.Selection, clock);

        var errors = chunkSums.Pointer + (long)chunk.Number * ErrorCount;
        var entries = rule.Support == Support.AboveFloor ? EntriesOf(main, chunk) : (long)work.K * chunk.Rows;
        var isDense = ComputesDensely ?? DenseChunks<T>.Pays(entries, chunk.Rows, latents, output);
        Decode(new Reconstruction(main, 0, 0, groupEnds), chunk, scratch, isDense, errors);
        if (rule.Second is not null)
        {
            StartResiduals(chunk, SecondRow);
            Decode(new Reconstruction(second, 1, SecondRow, [latents]), chunk, scratch, isDense, errors + groupEnds.Length);
        }
        if (isIndirect)
            ToErrors(chunk, errors);
        else
            ChainBack(chunk, isDense);
        parts.Add(StepPart.Decode, clock);
    }

    /// <summary>From the pre-activations of the entries to what they put into the decoder.</summary>
    private void MapValues(Chunk chunk)
    {
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            var values = main.Values(row);
            for (var s = 0; rule.RanksByNorm && s < main.Counts[row]; s++)
                values[s] /= rule.Norms[main.Indices(row)[s]];
            rule.Values(main.Counts[row], main.Indices(row), main.Pre(row), values);
        }
    }

    /// <summary>Sums residuals, and turns the entries' products into the gradients of their pre-activations.</summary>
    private void ChainBack(Chunk chunk, bool isDense)
    {
        var part = sums.Of(chunk.Number);
        var secondScale = work.Loss.Of(rule.Second?.Weight ?? 0);
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            Rows<T>.AddScaled(Columns(0, chunk.Number), Residual(FinalRow + row), T.One, output);
            if (FirstSums > 0)
                Rows<T>.AddScaled(Columns(FirstSums, chunk.Number), Residual(row), T.One, output);
            rule.Chain(main.Counts[row], main.Indices(row), main.Pre(row), main.Products(row), work.Loss.Main, part);
            if (rule.Second is null)
                continue;
            Rows<T>.AddScaled(Columns(SecondSums, chunk.Number), Residual(SecondRow + row), T.One, output);
            rule.ChainSecond(second.Counts[row], second.Indices(row), second.Pre(row), second.Products(row), secondScale, part);
        }
        if (!isDense)
            return;
        denseChunks.Keep(0, chunk, main, work.Loss.Main);
        if (rule.Second is not null)
            denseChunks.Keep(1, chunk, second, secondScale);
    }

    /// <summary>b - y, and what leads past the latents, from a residual row on.</summary>
    private void StartResiduals(Chunk chunk, int firstRow)
    {
        var y = TensorMemory.Pointer<T>(work.Target);
        var u = centred.Pointer;
        var b = TensorMemory.Pointer<T>(work.State.DecoderBias.Value);
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            if (kind.SubtractsBias)
                Rows<T>.Scale(Residual(firstRow + row), u + (long)row * width, -T.One, output);
            else
                Rows<T>.Subtract(Residual(firstRow + row), b, y + (long)row * output, output);
        }
        if (rule.Skip is not { } skip)
            return;
        var weights = Strided.Of<T>(work.State.Extra(skip));
        MatrixProduct<T>.Multiply(Centred.RowRange(chunk.Start, chunk.Rows), weights.Transposed, Residuals.RowRange(firstRow + chunk.Start, chunk.Rows), accumulate: true);
    }

    /// <summary>Adds what entries decode to residuals, group by group, and leaves their products with the residuals that they move.</summary>
    private void Decode(Reconstruction which, Chunk chunk, ChunkScratch<T> scratch, bool isDense, double* errors)
    {
        var (codes, place, firstRow, groups) = which;
        if (isDense)
            denseChunks.Scatter(place, chunk, codes);
        else if (groups.Length == 1 && !isIndirect)
        {
            var directions = TensorMemory.Pointer<T>(work.State.DecoderWeight.Value);
            for (var row = chunk.Start; row < chunk.End; row++)
            {
                var count = codes.Counts[row];
                Rows<T>.Decode(Residual(firstRow + row), directions, output, codes.Indices(row), codes.Values(row), codes.Products(row), count, scratch.Lanes(count));
                errors[0] += Rows<T>.SquaredNorm(Residual(firstRow + row), output);
            }
            return;
        }
        for (var group = 0; group < groups.Length; group++)
        {
            var latentsOf = LatentsOf(groups, group);
            var first = firstRow + group * work.Tokens;
            for (var row = first + chunk.Start; group > 0 && row < first + chunk.End; row++)
                Rows<T>.Copy(Residual(row), Residual(row - work.Tokens), output);
            if (isDense)
                denseChunks.Decode(place, chunk, Strided.Of<T>(work.State.DecoderWeight.Value), latentsOf, Residuals, first);
            else
                Add(codes, latentsOf, first, chunk);
            for (var row = first + chunk.Start; !isIndirect && row < first + chunk.End; row++)
                errors[group] += Rows<T>.SquaredNorm(Residual(row), output);
        }
        if (isIndirect)
            return;
        for (var group = groups.Length - 1; group >= 0; group--)
        {
            var first = firstRow + group * work.Tokens;
            for (var row = first + chunk.Start; group < groups.Length - 1 && row < first + chunk.End; row++)
                Rows<T>.AddScaled(Residual(row), Residual(row + work.Tokens), T.One, output);
            if (isDense)
                denseChunks.Project(chunk, Strided.Of<T>(work.State.DecoderWeight.Value), LatentsOf(groups, group), Residuals, first);
            else
                Project(codes, LatentsOf(groups, group), first, chunk);
        }
        if (isDense)
            denseChunks.Gather(chunk, codes);
    }

    /// <summary>Adds what the entries of some latents decode to the residuals from a row on.</summary>
    private void Add(SparseCodes<T> codes, LatentRange range, int firstRow, Chunk chunk)
    {
        var directions = TensorMemory.Pointer<T>(work.State.DecoderWeight.Value);
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            var (first, count) = EntriesIn(codes, row, range);
            Rows<T>.AddWeighted(Residual(firstRow + row), directions, output, codes.Indices(row) + first, codes.Values(row) + first, count);
        }
    }

    /// <summary>The products of the residuals from a row on with the decoder's rows of the entries of some latents.</summary>
    private void Project(SparseCodes<T> codes, LatentRange range, int firstRow, Chunk chunk)
    {
        var directions = TensorMemory.Pointer<T>(work.State.DecoderWeight.Value);
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            var (first, count) = EntriesIn(codes, row, range);
            for (var s = first; s < first + count; s++)
                codes.Products(row)[s] = Rows<T>.Dot(Residual(firstRow + row), directions + (long)codes.Indices(row)[s] * output, output);
        }
    }

    /// <summary>The entries of the second reconstruction: those of the main one, or the larger selection that the main one is chosen from.</summary>
    private void PrepareSecond(SecondReconstruction other, Chunk chunk, ChunkScratch<T> scratch)
    {
        if (other.Factor is null)
        {
            second.Reserve(chunk.Number, EntriesOf(main, chunk));
            for (var (row, at) = (chunk.Start, 0); row < chunk.End; at += main.Counts[row], row++)
            {
                second.Place(row, at, main.Counts[row]);
                new ReadOnlySpan<int>(main.Indices(row), main.Counts[row]).CopyTo(new Span<int>(second.Indices(row), main.Counts[row]));
                Rows<T>.Copy(second.Values(row), main.Pre(row), main.Counts[row]);
            }
            return;
        }
        main.Reserve(chunk.Number, (long)chunk.Rows * work.K);
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            scratch.Second.Begin(1, work.K);
            scratch.Second.Feed(0, second.Values(row), noBias.Pointer, 0, second.Counts[row]);
            main.Place(row, (row - chunk.Start) * work.K, 0);
            var indices = main.Indices(row);
            var count = scratch.Second.Take(0, indices, main.Values(row));
            main.Place(row, (row - chunk.Start) * work.K, count);
            for (var s = 0; s < count; s++)
                indices[s] = second.Indices(row)[indices[s]];
            for (var s = 0; rule.RanksByNorm && s < second.Counts[row]; s++)
                second.Values(row)[s] /= rule.Norms[second.Indices(row)[s]];
        }
    }

    private static LatentRange LatentsOf(int[] groups, int group) => new(group == 0 ? 0 : groups[group - 1], groups[group]);

    private static (int First, int Count) EntriesIn(SparseCodes<T> codes, int row, LatentRange range)
    {
        var indices = new ReadOnlySpan<int>(codes.Indices(row), codes.Counts[row]);
        var first = FirstAt(indices, range.From);
        return (first, FirstAt(indices, range.To) - first);
    }

    private static int FirstAt(ReadOnlySpan<int> sorted, int latent)
    {
        var at = sorted.BinarySearch(latent);
        return at < 0 ? ~at : at;
    }

    private static long EntriesOf(SparseCodes<T> codes, Chunk chunk)
    {
        var entries = 0L;
        for (var row = chunk.Start; row < chunk.End; row++)
            entries += codes.Counts[row];
        return entries;
    }

    /// <summary>Entries that reconstruct, and the residuals that they move.</summary>
    /// <param name="Codes">The entries.</param>
    /// <param name="Place">0 for the main reconstruction, 1 for the second.</param>
    /// <param name="FirstRow">First residual row.</param>
    /// <param name="Groups">Ends of the groups of latents whose residuals stand below each other.</param>
    private readonly record struct Reconstruction(SparseCodes<T> Codes, int Place, int FirstRow, int[] Groups);
}
