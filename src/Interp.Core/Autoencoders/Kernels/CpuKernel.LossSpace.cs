using System.Diagnostics;
using Interp.Numerics;

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
    private void ToErrors(Chunk chunk, double* errors)
    {
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            errors[1] += Rows<T>.SquaredNorm(Residual(row), output);
            errors[0] += lossSpace.ToError(row, Residual(row));
        }
    }

    /// <summary>Puts the gradient by the reconstruction into the residuals' rows, and chains it back to the pre-activations.</summary>
    private void FromErrors(double auxiliaryScale)
    {
        columnSums.Zeroed((long)Chunk.Count(work.Tokens) * output);
        var factor = T.CreateChecked(auxiliaryScale);
        chunks.ForChunks(work.Tokens, (chunk, _) =>
        {
            var clock = Stopwatch.GetTimestamp();
            for (var row = chunk.Start; row < chunk.End; row++)
            {
                Rows<T>.Scale(Residual(row), Residual(row), lossSpace.Factor(row) * work.Loss.Main, output);
                if (auxiliaryScale != 0)
                    Rows<T>.AddScaled(Residual(row), Residual(AuxiliaryRow + row), factor, output);
                Rows<T>.AddScaled(Columns(0, chunk.Number), Residual(row), T.One, output);
            }
            var all = new LatentRange(0, latents);
            if (denseChunks.Chunks[chunk.Number])
            {
                denseChunks.Project(chunk, Strided.Of<T>(work.State.DecoderWeight.Value), all, Residuals, 0);
                denseChunks.Gather(chunk, main);
                denseChunks.Keep(0, chunk, main, T.One);
            }
            else
                Project(main, all, 0, chunk);
            parts.Add(StepPart.Decode, clock);
        });
        MeanOfColumns(residualMean, work.Tokens);
    }
}
