using System.Diagnostics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    /// <summary>Decodes a chunk's entries, sums its residuals and chains gradients back to the pre-activations.</summary>
    private void Reconstruct(TrainerState state, Tensor target, int n, int k, LossScale loss, int chunk, int start, int rows, ChunkScratch<T> scratch, T* columns, int chunkCount, double* errors)
    {
        var clock = Stopwatch.GetTimestamp();
        if (rule.Second is { } other)
            PrepareSecond(other, chunk, start, rows, k, scratch);
        for (var row = start; row < start + rows; row++)
        {
            var values = main.Values(row);
            if (rule.RanksByNorm)
            {
                for (var s = 0; s < main.Counts[row]; s++)
                    values[s] /= rule.Norms[main.Indices(row)[s]];
            }
            rule.Values(main.Counts[row], main.Indices(row), main.Pre(row), values);
        }
        StartResiduals(state, target, start, rows, 0);
        clock = parts.Add(StepPart.Selection, clock);

        var isDense = DenseChunks<T>.Pays(rule.Support == Support.AboveFloor ? EntriesOf(main, start, rows) : (long)k * rows, rows, latents);
        Decode(state, main, 0, groupEnds, 0, n, chunk, start, rows, scratch, isDense, errors);
        if (rule.Second is not null)
        {
            StartResiduals(state, target, start, rows, SecondRow(n));
            Decode(state, second, 1, [latents], SecondRow(n), n, chunk, start, rows, scratch, isDense, errors + groupEnds.Length);
        }

        if (isIndirect)
        {
            ToErrors(start, rows, errors);
            parts.Add(StepPart.Decode, clock);
            return;
        }
        var part = sums.Of(chunk);
        T* Column(int place) => columns + ((long)place * chunkCount + chunk) * output;
        var secondScale = loss.Of(rule.Second?.Weight ?? 0);
        for (var row = start; row < start + rows; row++)
        {
            Rows<T>.AddScaled(Column(0), Residual(FinalRow(n) + row), T.One, output);
            if (groupEnds.Length > 1)
                Rows<T>.AddScaled(Column(1), Residual(row), T.One, output);
            rule.Chain(main.Counts[row], main.Indices(row), main.Pre(row), main.Products(row), loss.Main, part);
            if (rule.Second is null)
                continue;
            Rows<T>.AddScaled(Column(SecondSums), Residual(SecondRow(n) + row), T.One, output);
            rule.ChainSecond(second.Counts[row], second.Indices(row), second.Pre(row), second.Products(row), secondScale, part);
        }
        if (isDense)
        {
            denseChunks.Keep(0, start, rows, main, loss.Main);
            if (rule.Second is not null)
                denseChunks.Keep(1, start, rows, second, secondScale);
        }
        parts.Add(StepPart.Decode, clock);
    }

    /// <summary>b - y, and what leads past the latents.</summary>
    private void StartResiduals(TrainerState state, Tensor target, int start, int rows, int firstRow)
    {
        var y = TensorMemory.Pointer<T>(target);
        var u = TensorMemory.Pointer<T>(centred!);
        var b = TensorMemory.Pointer<T>(state.DecoderBias.Value);
        for (var row = start; row < start + rows; row++)
        {
            if (kind.SubtractsBias)
                Rows<T>.Scale(Residual(firstRow + row), u + (long)row * width, -T.One, output);
            else
                Rows<T>.Subtract(Residual(firstRow + row), b, y + (long)row * output, output);
        }
        if (rule.Skip is not { } skip)
            return;
        using var scope = NewDisposeScope();
        residuals.View(firstRow + start, rows, output).addmm_(centred!.narrow(0, start, rows), state.Extra(skip).t());
    }

    /// <summary>Adds what entries decode to residuals, group by group, and leaves their products with the residuals that they move.</summary>
    private void Decode(
        TrainerState state, SparseCodes<T> codes, int which, int[] groups, int firstRow, int n, int chunk, int start, int rows, ChunkScratch<T> scratch, bool isDense, double* errors)
    {
        if (isDense)
            denseChunks.Scatter(which, chunk, start, rows, codes);
        var decoder = state.DecoderWeight.Value;
        if (!isDense && groups.Length == 1 && !isIndirect)
        {
            for (var row = start; row < start + rows; row++)
            {
                var count = codes.Counts[row];
                Rows<T>.Decode(Residual(firstRow + row), TensorMemory.Pointer<T>(decoder), output, codes.Indices(row), codes.Values(row), codes.Products(row), count, scratch.Lanes(count));
                errors[0] += Rows<T>.SquaredNorm(Residual(firstRow + row), output);
            }
            return;
        }
        using var scope = NewDisposeScope();
        Tensor Group(int group) => residuals.View(firstRow + (long)group * n + start, rows, output);
        for (var group = 0; group < groups.Length; group++)
        {
            var (from, to) = (group == 0 ? 0 : groups[group - 1], groups[group]);
            for (var row = firstRow + group * n + start; group > 0 && row < firstRow + group * n + start + rows; row++)
                Rows<T>.Copy(Residual(row), Residual(row - n), output);
            if (isDense)
                denseChunks.Decode(which, start, rows, decoder, from, to, Group(group));
            else
                AddGroup(decoder, codes, from, to, firstRow + group * n, start, rows);
            for (var row = start; !isIndirect && row < start + rows; row++)
                errors[group] += Rows<T>.SquaredNorm(Residual(firstRow + group * n + row), output);
        }
        for (var group = groups.Length - 1; group >= 0 && !isIndirect; group--)
        {
            var (from, to) = (group == 0 ? 0 : groups[group - 1], groups[group]);
            for (var row = firstRow + group * n + start; group < groups.Length - 1 && row < firstRow + group * n + start + rows; row++)
                Rows<T>.AddScaled(Residual(row), Residual(row + n), T.One, output);
            if (isDense)
                denseChunks.Project(start, rows, decoder, from, to, Group(group));
            else
                ProjectGroup(decoder, codes, from, to, firstRow + group * n, start, rows);
        }
        if (isDense && !isIndirect)
            denseChunks.Gather(start, rows, codes);
    }

    private void AddGroup(Tensor decoder, SparseCodes<T> codes, int from, int to, int firstRow, int start, int rows)
    {
        for (var row = start; row < start + rows; row++)
        {
            var (first, count) = EntriesIn(codes, row, from, to);
            Rows<T>.AddWeighted(Residual(firstRow + row), TensorMemory.Pointer<T>(decoder), output, codes.Indices(row) + first, codes.Values(row) + first, count);
        }
    }

    private void ProjectGroup(Tensor decoder, SparseCodes<T> codes, int from, int to, int firstRow, int start, int rows)
    {
        var directions = TensorMemory.Pointer<T>(decoder);
        for (var row = start; row < start + rows; row++)
        {
            var (first, count) = EntriesIn(codes, row, from, to);
            for (var s = first; s < first + count; s++)
                codes.Products(row)[s] = Rows<T>.Dot(Residual(firstRow + row), directions + (long)codes.Indices(row)[s] * output, output);
        }
    }

    /// <summary>The entries of a row whose latents are in a range.</summary>
    private static (int First, int Count) EntriesIn(SparseCodes<T> codes, int row, int from, int to)
    {
        var indices = new ReadOnlySpan<int>(codes.Indices(row), codes.Counts[row]);
        var first = FirstAt(indices, from);
        return (first, FirstAt(indices, to) - first);
    }

    private static int FirstAt(ReadOnlySpan<int> sorted, int latent)
    {
        var at = sorted.BinarySearch(latent);
        return at < 0 ? ~at : at;
    }

    /// <summary>The entries of the second reconstruction: those of the main one, or the larger selection that the main one is chosen from.</summary>
    private void PrepareSecond(SecondReconstruction other, int chunk, int start, int rows, int k, ChunkScratch<T> scratch)
    {
        if (other.Factor is null)
        {
            second.Reserve(chunk, EntriesOf(main, start, rows));
            for (var (row, at) = (start, 0); row < start + rows; at += main.Counts[row], row++)
            {
                second.Place(row, at, main.Counts[row]);
                new ReadOnlySpan<int>(main.Indices(row), main.Counts[row]).CopyTo(new Span<int>(second.Indices(row), main.Counts[row]));
                Rows<T>.Copy(second.Values(row), main.Pre(row), main.Counts[row]);
            }
            return;
        }
        main.Reserve(chunk, (long)rows * k);
        for (var row = start; row < start + rows; row++)
        {
            scratch.Second.Begin(1, k);
            scratch.Second.Feed(0, second.Values(row), noBias.Pointer, 0, second.Counts[row]);
            main.Place(row, (row - start) * k, 0);
            var count = scratch.Second.Take(0, main.Indices(row), main.Values(row));
            main.Place(row, (row - start) * k, count);
            for (var s = 0; s < count; s++)
                main.Indices(row)[s] = second.Indices(row)[main.Indices(row)[s]];
            for (var s = 0; rule.RanksByNorm && s < second.Counts[row]; s++)
                second.Values(row)[s] /= rule.Norms[second.Indices(row)[s]];
        }
    }

    private static long EntriesOf(SparseCodes<T> codes, int start, int rows)
    {
        var entries = 0L;
        for (var row = start; row < start + rows; row++)
            entries += codes.Counts[row];
        return entries;
    }
}
