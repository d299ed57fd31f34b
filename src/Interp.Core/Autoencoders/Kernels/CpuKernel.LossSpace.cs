using System.Diagnostics;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    private LossSpaceRows<T> lossSpace;
    private bool isIndirect;

    /// <summary>
    /// Where the gradient by the reconstruction is not the residual times one scale: the loss is in the model's own scale, or AuxK's target
    /// has a gradient. Residuals then are errors at first, and the gradient itself when all terms are known.
    /// </summary>
    public static bool IsIndirect(TrainingSpec spec) => spec.LossSpace == LossSpace.Raw || spec.Auxiliary is { Form: AuxiliaryForm.Undetached };

    /// <summary>Turns residuals of a chunk into errors of the loss, and adds up both.</summary>
    private void ToErrors(int start, int rows, double* errors)
    {
        for (var row = start; row < start + rows; row++)
        {
            errors[1] += Rows<T>.SquaredNorm(Residual(row), output);
            errors[0] += lossSpace.ToError(row, Residual(row));
        }
    }

    /// <summary>Puts the gradient by the reconstruction into the residuals' rows, and chains it back to the pre-activations.</summary>
    private void FromErrors(TrainerState state, int n, LossScale loss, double auxiliaryScale)
    {
        var count = ChunkScratch<T>.ChunkCount(n);
        var columns = columnSums.Zeroed((long)count * output);
        var (own, factor) = (AuxiliaryRow(n), T.CreateChecked(auxiliaryScale));
        chunks.ForChunks(n, (chunk, start, rows, _) =>
        {
            using var scope = NewDisposeScope();
            var clock = Stopwatch.GetTimestamp();
            for (var row = start; row < start + rows; row++)
            {
                Rows<T>.Scale(Residual(row), Residual(row), lossSpace.Factor(row) * loss.Main, output);
                if (auxiliaryScale != 0)
                    Rows<T>.AddScaled(Residual(row), Residual(own + row), factor, output);
                Rows<T>.AddScaled(columns + (long)chunk * output, Residual(row), T.One, output);
            }
            if (denseChunks.Chunks[chunk])
            {
                denseChunks.Project(start, rows, state.DecoderWeight.Value, 0, latents, residuals.View(start, rows, output));
                denseChunks.Gather(start, rows, main);
                denseChunks.Keep(0, start, rows, main, T.One);
            }
            else
                ProjectGroup(state.DecoderWeight.Value, main, 0, latents, 0, start, rows);
            parts.Add(StepPart.Decode, clock);
        });
        MeanOfColumns(residualMean, columns, count, n);
    }
}
