using System.Diagnostics;
using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    /// <summary>Latents per piece of the backward pass.</summary>
    private const int BlockLatents = 32;

    private readonly AlignedBuffer<T> gradients = new();
    private readonly AlignedBuffer<T> biasGradients = new();
    private readonly AlignedBuffer<T> blockSums = new();
    private readonly AlignedBuffer<double> blockNorms = new();

    /// <summary>
    /// One pass over the latents: gradient rows by segments, projection, optimiser and the decoder's norm while the row is in the
    /// cache. With clipping, which needs the norm of all gradients first, the optimiser follows in a second pass.
    /// </summary>
    /// <returns>The norm of each gradient, in the order of <see cref="TrainerState.Parameters"/>.</returns>
    private double[] Update(TrainerState state, TrainingSpec spec, double learningRate, int n, double scale, double auxiliaryScale, StepGradients? record)
    {
        var blocks = (latents + BlockLatents - 1) / BlockLatents;
        var matrices = state.Tied ? 1 : 2;
        var keep = spec.Clip is not null;
        gradients.Ensure(matrices * (long)width * (keep ? latents : blocks));
        biasGradients.Ensure(latents);
        var partial = blockSums.Zeroed((long)blocks * width);
        var norms = blockNorms.Zeroed(3L * blocks);
        var pass = new UpdatePass(state, spec, new OptimiserUpdate<T>(spec.Optimiser, learningRate, ++state.Step), record);

        var residual = Residual(0);
        var factor = T.CreateChecked(auxiliaryScale);
        var mainFactor = T.CreateChecked(scale);
        Workers.For(blocks, block =>
        {
            var end = Math.Min(latents, (block + 1) * BlockLatents);
            var (clock, moving) = (Stopwatch.GetTimestamp(), 0L);
            for (var j = block * BlockLatents; j < end; j++)
            {
                var encoderRow = gradients.Pointer + (long)(keep ? j : block) * matrices * width;
                var decoderRow = state.Tied ? encoderRow : encoderRow + width;
                GradientsOf(j, pass, residual, mainFactor, factor, encoderRow, decoderRow, partial + (long)block * width, norms + 3 * block);
                if (keep)
                    continue;
                var before = Stopwatch.GetTimestamp();
                pass.Move(j, width, encoderRow, decoderRow, T.One);
                moving += Stopwatch.GetTimestamp() - before;
            }
            if (!keep)
                pass.MoveBiases(block * BlockLatents, end, biasGradients.Pointer, T.One);
            parts.Add(StepPart.Gradients, clock + moving);
            parts.AddTicks(StepPart.Optimiser, moving);
        });

        var b = DecoderBiasGradient(partial, blocks, n, scale, spec.Auxiliary is { BiasGradient: true } ? auxiliaryScale : 0);
        var squares = new double[4];
        squares[3] = Rows<T>.SquaredNorm(b, width);
        for (var i = 0; i < 3 * blocks; i++)
            squares[i % 3] += norms[i];
        var norm = Math.Sqrt(squares.Sum());
        pass.RecordBiases(biasGradients.Pointer, latents, b, width);
        var clip = spec.Clip is { } limit ? T.CreateChecked(Math.Min(1, limit / (norm + 1e-6))) : T.One;
        if (keep)
        {
            Workers.For(blocks, block =>
            {
                var clock = Stopwatch.GetTimestamp();
                var end = Math.Min(latents, (block + 1) * BlockLatents);
                for (var j = block * BlockLatents; j < end; j++)
                {
                    var row = gradients.Pointer + (long)j * matrices * width;
                    pass.Move(j, width, row, state.Tied ? row : row + width, clip);
                }
                pass.MoveBiases(block * BlockLatents, end, biasGradients.Pointer, clip);
                parts.Add(StepPart.Optimiser, clock);
            });
        }
        pass.MoveDecoderBias(b, width, clip);
        return [.. (state.Tied ? [squares[0], squares[1], squares[3]] : squares).Select(Math.Sqrt)];
    }

    /// <summary>The gradients of a latent's rows and bias; the squares of encoder row, bias and decoder row are added to <paramref name="norms"/>.</summary>
    private void GradientsOf(int j, UpdatePass pass, T* residual, T mainFactor, T auxiliaryFactor, T* encoderRow, T* decoderRow, T* inputSum, double* norms)
    {
        var start = segments.Start(j);
        var count = segments.Start(j + 1) - start;
        var u = TensorMemory.Pointer<T>(centred!);
        new Span<T>(encoderRow, width).Clear();
        if (!pass.Tied)
            new Span<T>(decoderRow, width).Clear();
        Rows<T>.AddWeighted(encoderRow, u, width, segments.InputRows + start, segments.EncoderWeights + start, count);
        Rows<T>.AddWeighted(decoderRow, residual, width, segments.ResidualRows + start, segments.DecoderWeights + start, count);
        var bias = T.Zero;
        for (var e = start; e < start + count; e++)
            bias += segments.EncoderWeights[e];
        if (isAllDense)
            bias += all.AddGradients(j, mainFactor, encoderRow, decoderRow);
        if (isDense && placeAmongDead.Pointer[j] is >= 0 and var place)
            bias += dense.AddGradients(place, auxiliaryFactor, encoderRow, decoderRow);
        biasGradients.Pointer[j] = bias;
        if (bias != T.Zero)
            Rows<T>.AddScaled(inputSum, pass.EncoderRow(j, width), bias, width);
        pass.Project(j, width, encoderRow, decoderRow);
        norms[0] += Rows<T>.SquaredNorm(encoderRow, width);
        norms[1] += double.CreateChecked(bias * bias);
        if (!pass.Tied)
            norms[2] += Rows<T>.SquaredNorm(decoderRow, width);
    }

    /// <summary>Σ G - Σⱼ dc[j]·E[j], where the bias also gets AuxK's gradient with its share.</summary>
    private T* DecoderBiasGradient(T* partial, int blocks, int n, double scale, double auxiliaryScale)
    {
        for (var block = 1; block < blocks; block++)
            Rows<T>.AddScaled(partial, partial + (long)block * width, T.One, width);
        Rows<T>.Scale(partial, partial, -T.One, width);
        Rows<T>.AddScaled(partial, residualMean.Pointer, T.CreateChecked(scale * n), width);
        if (auxiliaryScale != 0)
        {
            for (var chunk = 0; chunk < ChunkScratch<T>.ChunkCount(n); chunk++)
                Rows<T>.AddScaled(partial, auxiliarySums.Pointer + (long)chunk * width, T.CreateChecked(auxiliaryScale), width);
        }
        return partial;
    }
}
