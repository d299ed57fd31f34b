using System.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    /// <summary>What is done to the rows of a latent in one step: projection, optimiser, norm.</summary>
    private sealed class UpdatePass
    {
        private readonly Moving encoder, encoderBias, decoder, decoderBias;
        private readonly Moving[] extras;
        private readonly Moving? skip;
        private readonly DecoderRule rule;
        private readonly OptimiserUpdate<T> optimiser;
        private readonly StepGradients? record;
        private readonly int width, output;

        public UpdatePass(TrainerState state, TrainingSpec spec, OptimiserUpdate<T> optimiser, StepGradients? record, int width, int output)
        {
            Tied = state.Tied;
            encoder = new Moving(state.EncoderWeight);
            encoderBias = new Moving(state.EncoderBias);
            decoder = new Moving(state.DecoderWeight);
            decoderBias = new Moving(state.DecoderBias);
            var trained = state.Extras.Where(extra => extra.IsTrained);
            extras = [.. trained.Where(extra => extra.Value.dim() == 1).Select(extra => new Moving(extra))];
            skip = trained.FirstOrDefault(extra => extra.Value.dim() == 2) is { } matrix ? new Moving(matrix) : null;
            rule = spec.DecoderRule;
            (this.optimiser, this.record, this.width, this.output) = (optimiser, record, width, output);
        }

        public bool Tied { get; }

        /// <summary>Number of the kind's own tensors that have a number per latent.</summary>
        public int Extras => extras.Length;

        public T* EncoderRow(int j) => encoder.Values + (long)j * width;

        public T* DecoderRow(int j) => decoder.Values + (long)j * output;

        /// <summary>Asks for what <see cref="Move"/> will read, which comes from memory while the gradients are summed.</summary>
        public void Prefetch(int j)
        {
            encoder.Prefetch((long)j * width, width);
            if (!Tied)
                decoder.Prefetch((long)j * output, output);
        }

        /// <summary>Projects the decoder's gradient off its row, which <see cref="DecoderRule.UnitBeforeStep"/> sets to unit norm first.</summary>
        public void Project(int j, T* encoderGradient, T* decoderGradient)
        {
            Record(raw: true, j, encoderGradient, decoderGradient);
            var row = DecoderRow(j);
            if (rule == DecoderRule.UnitBeforeStep)
                SetUnit(row);
            if (rule != DecoderRule.Free)
                Rows<T>.AddScaled(decoderGradient, row, -Rows<T>.Dot(row, decoderGradient, output), output);
            Record(raw: false, j, encoderGradient, decoderGradient);
        }

        public void Move(int j, T* encoderGradient, T* decoderGradient, T clip)
        {
            encoder.Move(optimiser, (long)j * width, encoderGradient, width, clip);
            if (!Tied)
                decoder.Move(optimiser, (long)j * output, decoderGradient, output, clip);
            if (rule == DecoderRule.UnitAfterStep)
                SetUnit(DecoderRow(j));
        }

        /// <summary>Moves the encoder bias and the kind's own numbers of some latents.</summary>
        public void MoveBiases(int start, int end, int latents, T* gradient, T* extraGradients, T clip)
        {
            encoderBias.Move(optimiser, start, gradient + start, end - start, clip);
            for (var i = 0; i < extras.Length; i++)
                extras[i].Move(optimiser, start, extraGradients + (long)i * latents + start, end - start, clip);
        }

        public void MoveDecoderBias(T* gradient, T clip) => decoderBias.Move(optimiser, 0, gradient, output, clip);

        public void MoveSkip(T* gradient, T clip) => skip!.Move(optimiser, 0, gradient, output * width, clip);

        public void RecordBiases(T* encoderGradient, T* extraGradients, int latents, T* decoderGradient, T* skipGradient)
        {
            foreach (var list in record is null ? [] : new[] { record.Raw, record.Final })
            {
                var place = Tied ? 2 : 3;
                Copy(encoderGradient, list[1], 0, latents);
                Copy(decoderGradient, list[place], 0, output);
                for (var i = 0; i < extras.Length; i++)
                    Copy(extraGradients + (long)i * latents, list[place + 1 + i], 0, latents);
                if (skipGradient is not null)
                    Copy(skipGradient, list[^1], 0, output * width);
            }
        }

        private void Record(bool raw, int j, T* encoderGradient, T* decoderGradient)
        {
            if (record is null)
                return;
            var list = raw ? record.Raw : record.Final;
            Copy(encoderGradient, list[0], (long)j * width, width);
            if (!Tied)
                Copy(decoderGradient, list[2], (long)j * output, output);
        }

        private static void Copy(T* from, Tensor to, long offset, int count) =>
            new ReadOnlySpan<T>(from, count).CopyTo(new Span<T>(TensorMemory.Pointer<T>(to) + offset, count));

        private void SetUnit(T* row)
        {
            var norm = T.Sqrt(Rows<T>.Dot(row, row, output));
            if (norm > T.Zero)
                Rows<T>.Scale(row, row, T.One / norm, output);
        }
    }

    /// <summary>The memory of a parameter and its moments.</summary>
    private sealed class Moving(Parameter parameter)
    {
        private readonly T* first = TensorMemory.Pointer<T>(parameter.First);
        private readonly T* second = TensorMemory.Pointer<T>(parameter.Second);

        public T* Values { get; } = TensorMemory.Pointer<T>(parameter.Value);

        public void Prefetch(long offset, int count)
        {
            Rows<T>.Prefetch(Values + offset, count);
            Rows<T>.Prefetch(first + offset, count);
            Rows<T>.Prefetch(second + offset, count);
        }

        public void Move(in OptimiserUpdate<T> optimiser, long offset, T* gradient, int count, T clip) =>
            optimiser.Apply(Values + offset, first + offset, second + offset, gradient, count, clip);
    }
}
