using System.Diagnostics;
using Interp.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    /// <summary>Latents per piece of the backward pass.</summary>
    private const int BlockLatents = 32;

    private readonly AlignedBuffer<T> gradients = new();
    private readonly AlignedBuffer<T> biasGradients = new();
    private readonly AlignedBuffer<T> extraGradients = new();
    private readonly AlignedBuffer<T> blockSums = new();
    private readonly AlignedBuffer<double> blockNorms = new();
    private readonly AlignedBuffer<T> skipGradient = new();
    private double encoderSquares;

    /// <summary>
    /// One pass over the latents: gradient rows by segments, projection, optimiser and the decoder's norm while the row is in the
    /// cache. With clipping, which needs the norm of all gradients first, the optimiser follows in a second pass.
    /// </summary>
    /// <returns>The norm of each gradient, in the order of <see cref="TrainerState.Parameters"/>.</returns>
    private double[] Update(TrainingSpec spec, double learningRate, LossScale loss, double auxiliaryScale, StepGradients? record)
    {
        var state = work.State;
        var blocks = (latents + BlockLatents - 1) / BlockLatents;
        var keep = spec.Clip is not null;
        var stride = state.Tied ? width : width + output;
        var pass = new UpdatePass(state, spec, new OptimiserUpdate<T>(spec.Optimiser, learningRate, ++state.Step), record, width, output);
        gradients.Ensure((long)stride * (keep ? latents : blocks));
        biasGradients.Ensure(latents);
        extraGradients.Ensure((long)pass.Extras * latents);
        var partial = blockSums.Zeroed((long)blocks * width);
        var slots = 5 + pass.Extras;
        var squared = blockNorms.Zeroed((long)slots * blocks);
        var auxiliaryFactor = T.CreateChecked(auxiliaryScale);
        Workers.For(blocks, block =>
        {
            var end = Math.Min(latents, (block + 1) * BlockLatents);
            var (clock, moving) = (Stopwatch.GetTimestamp(), 0L);
            using var rows = new AlignedBuffer<int>();
            using var weights = new AlignedBuffer<T>();
            for (var j = block * BlockLatents; j < end; j++)
            {
                var encoderRow = gradients.Pointer + (long)(keep ? j : block) * stride;
                var decoderRow = state.Tied ? encoderRow : encoderRow + width;
                GradientsOf(j, pass, spec.EncoderPenalty, auxiliaryFactor, encoderRow, decoderRow, partial + (long)block * width, squared + (long)slots * block, rows, weights);
                if (keep)
                    continue;
                var before = Stopwatch.GetTimestamp();
                pass.Move(j, encoderRow, decoderRow, T.One);
                moving += Stopwatch.GetTimestamp() - before;
            }
            if (!keep)
                pass.MoveBiases(block * BlockLatents, end, latents, biasGradients.Pointer, extraGradients.Pointer, T.One);
            parts.Add(StepPart.Gradients, clock + moving);
            parts.AddTicks(StepPart.Optimiser, moving);
        });

        var b = DecoderBiasGradient(partial, blocks, loss, spec.Auxiliary is { BiasGradient: true } or { Form: AuxiliaryForm.Undetached } ? auxiliaryScale : 0);
        (pulled, encoderSquares) = (0, 0);
        var squares = new double[3 + pass.Extras];
        for (var block = 0; block < blocks; block++)
        {
            for (var i = 0; i < squares.Length; i++)
                squares[i] += squared[(long)slots * block + i];
            pulled += squared[(long)slots * block + slots - 2];
            encoderSquares += squared[(long)slots * block + slots - 1];
        }
        var ofBias = Rows<T>.SquaredNorm(b, output);
        var skip = rule.Skip is null ? null : SkipGradient(loss);
        double[] all = [.. state.Tied ? squares[..2] : squares[..3], ofBias, .. squares[3..], .. skip is null ? Array.Empty<double>() : [Rows<T>.SquaredNorm(skip, output * width)]];
        pass.RecordBiases(biasGradients.Pointer, extraGradients.Pointer, latents, b, skip);
        var clip = spec.Clip is { } limit ? T.CreateChecked(Math.Min(1, limit / (Math.Sqrt(all.Sum()) + 1e-6))) : T.One;
        if (keep)
        {
            Workers.For(blocks, block =>
            {
                var clock = Stopwatch.GetTimestamp();
                var end = Math.Min(latents, (block + 1) * BlockLatents);
                for (var j = block * BlockLatents; j < end; j++)
                {
                    var row = gradients.Pointer + (long)j * stride;
                    pass.Move(j, row, state.Tied ? row : row + width, clip);
                }
                pass.MoveBiases(block * BlockLatents, end, latents, biasGradients.Pointer, extraGradients.Pointer, clip);
                parts.Add(StepPart.Optimiser, clock);
            });
        }
        pass.MoveDecoderBias(b, clip);
        if (skip is not null)
            pass.MoveSkip(skip, clip);
        return [.. all.Select(Math.Sqrt)];
    }

    /// <summary>
    /// The gradients of a latent's rows, bias and own tensors; the squares of encoder row, bias, decoder row and own tensors are added to
    /// <paramref name="squared"/>, and behind them the pre-activation loss and the square of the encoder row itself.
    /// </summary>
    private void GradientsOf(int j, UpdatePass pass, double encoderPenalty, T auxiliaryFactor, T* encoderRow, T* decoderRow, T* inputSum, double* squared, AlignedBuffer<int> rows, AlignedBuffer<T> weights)
    {
        var start = segments.Start(j);
        var count = segments.Start(j + 1) - start;
        var u = centred.Pointer;
        pass.Prefetch(j);
        new Span<T>(encoderRow, width).Clear();
        if (!pass.Tied)
            new Span<T>(decoderRow, output).Clear();
        Rows<T>.AddWeighted(encoderRow, u, width, segments.InputRows + start, segments.EncoderWeights + start, count);
        Rows<T>.AddWeighted(decoderRow, residuals.Pointer, output, segments.ResidualRows + start, segments.DecoderWeights + start, count);
        T input = T.Zero, helped = T.Zero;
        for (var e = start; e < start + count; e++)
        {
            input += segments.EncoderWeights[e];
            helped += segments.ResidualRows[e] >= AuxiliaryRow ? segments.EncoderWeights[e] : T.Zero;
        }
        if (denseChunks.Any)
            input += denseChunks.AddGradients(j, encoderRow, decoderRow);
        if (isHelpedDensely && placeAmongDead.Pointer[j] is >= 0 and var place)
        {
            var share = helpers.AddGradients(place, auxiliaryFactor, encoderRow, decoderRow);
            input += share;
            helped += share;
        }
        var extras = pass.Extras;
        var normGradient = sums.Total(LatentSums<T>.Norm, j);
        var bias = rule.OwnsBias ? T.CreateChecked(sums.Total(LatentSums<T>.Bias, j)) + helped : input;
        for (var i = 0; i < extras; i++)
            extraGradients.Pointer[(long)i * latents + j] = T.CreateChecked(sums.Total(LatentSums<T>.FirstExtra + i, j));
        if (rule.PreActivation > 0 && placeAmongDead.Pointer[j] >= 0)
        {
            var pull = PullUp(j, encoderRow, rows, weights);
            input -= pull.Weight;
            bias -= pull.Weight;
            extraGradients.Pointer[j] += pull.Weight;
            normGradient += pull.NormGradient;
            squared[3 + extras] += pull.Loss;
        }
        if (normGradient != 0 && rule.Norms[j] > T.Zero)
            Rows<T>.AddScaled(decoderRow, pass.DecoderRow(j), T.CreateChecked(normGradient) / rule.Norms[j], output);
        if (encoderPenalty > 0)
        {
            Rows<T>.AddScaled(encoderRow, pass.EncoderRow(j), T.CreateChecked(2 * encoderPenalty), width);
            squared[4 + extras] += Rows<T>.SquaredNorm(pass.EncoderRow(j), width);
        }
        biasGradients.Pointer[j] = bias;
        if (input != T.Zero && kind.SubtractsBias)
            Rows<T>.AddScaled(inputSum, pass.EncoderRow(j), input, width);
        pass.Project(j, encoderRow, decoderRow);
        squared[0] += Rows<T>.SquaredNorm(encoderRow, width);
        squared[1] += double.CreateChecked(bias * bias);
        if (!pass.Tied)
            squared[2] += Rows<T>.SquaredNorm(decoderRow, output);
        for (var i = 0; i < extras; i++)
            squared[3 + i] += Math.Pow(double.CreateChecked(extraGradients.Pointer[(long)i * latents + j]), 2);
    }

    /// <summary>Σ G - Σⱼ (sum of the latent's pre-activation gradients)·E[j], where the bias also gets AuxK's gradient with its share.</summary>
    private T* DecoderBiasGradient(T* partial, int blocks, LossScale loss, double auxiliaryScale)
    {
        if (!kind.SubtractsBias)
            partial = blockSums.Zeroed(output);
        else
        {
            for (var block = 1; block < blocks; block++)
                Rows<T>.AddScaled(partial, partial + (long)block * width, T.One, width);
            Rows<T>.Scale(partial, partial, -T.One, width);
        }
        if (groupEnds.Length == 1)
            Rows<T>.AddScaled(partial, residualMean.Pointer, T.CreateChecked(loss.Twice * work.Tokens), output);
        else
            AddColumns(partial, FirstSums, loss.Main);
        if (rule.Second is { } other)
            AddColumns(partial, SecondSums, loss.Of(other.Weight));
        if (auxiliaryScale != 0)
        {
            for (var chunk = 0; chunk < Chunk.Count(work.Tokens); chunk++)
                Rows<T>.AddScaled(partial, auxiliarySums.Pointer + (long)chunk * output, T.CreateChecked(auxiliaryScale), output);
        }
        return partial;
    }

    private void AddColumns(T* to, int which, T scale)
    {
        for (var chunk = 0; chunk < Chunk.Count(work.Tokens); chunk++)
            Rows<T>.AddScaled(to, Columns(which, chunk), scale, output);
    }

    /// <summary>Gᵀ·X [d', d], in blocks of rows.</summary>
    private T* SkipGradient(LossScale loss)
    {
        const int blockRows = 64;
        skipGradient.Ensure((long)output * width);
        Workers.For((output + blockRows - 1) / blockRows, block =>
        {
            var clock = Stopwatch.GetTimestamp();
            var (start, rows) = (block * blockRows, Math.Min(blockRows, output - block * blockRows));
            MatrixProduct<T>.Multiply(Residuals.RowRange(0, work.Tokens).ColumnRange(start, rows).Transposed, Centred, skipGradient.Matrix(output, width).RowRange(start, rows));
            var first = skipGradient.Pointer + (long)start * width;
            Rows<T>.Scale(first, first, loss.Main, rows * width);
            parts.Add(StepPart.Gradients, clock);
        });
        return skipGradient.Pointer;
    }
}
