using System.Numerics;
using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    /// <summary>What is done to the rows of a latent in one step: projection, optimiser, norm.</summary>
    private sealed class UpdatePass
    {
        private readonly Moving encoder, encoderBias, decoder, decoderBias;
        private readonly DecoderRule rule;
        private readonly OptimiserUpdate<T> optimiser;
        private readonly StepGradients? record;

        public UpdatePass(TrainerState state, TrainingSpec spec, OptimiserUpdate<T> optimiser, StepGradients? record)
        {
            Tied = state.Tied;
            encoder = new Moving(state.EncoderWeight);
            encoderBias = new Moving(state.EncoderBias);
            decoder = new Moving(state.DecoderWeight);
            decoderBias = new Moving(state.DecoderBias);
            rule = spec.DecoderRule;
            this.optimiser = optimiser;
            this.record = record;
        }

        public bool Tied { get; }

        public T* EncoderRow(int j, int width) => encoder.Values + (long)j * width;

        /// <summary>Projects the decoder's gradient off its row, which <see cref="DecoderRule.UnitBeforeStep"/> sets to unit norm first.</summary>
        public void Project(int j, int width, T* encoderGradient, T* decoderGradient)
        {
            Record(raw: true, j, width, encoderGradient, decoderGradient);
            var row = decoder.Values + (long)j * width;
            if (rule == DecoderRule.UnitBeforeStep)
                SetUnit(row, width);
            if (rule != DecoderRule.Free)
                Rows<T>.AddScaled(decoderGradient, row, -Rows<T>.Dot(row, decoderGradient, width), width);
            Record(raw: false, j, width, encoderGradient, decoderGradient);
        }

        public void Move(int j, int width, T* encoderGradient, T* decoderGradient, T clip)
        {
            encoder.Move(optimiser, (long)j * width, encoderGradient, width, clip);
            if (!Tied)
                decoder.Move(optimiser, (long)j * width, decoderGradient, width, clip);
            if (rule == DecoderRule.UnitAfterStep)
                SetUnit(decoder.Values + (long)j * width, width);
        }

        public void MoveBiases(int start, int end, T* gradient, T clip) =>
            encoderBias.Move(optimiser, start, gradient + start, end - start, clip);

        public void MoveDecoderBias(T* gradient, int width, T clip) => decoderBias.Move(optimiser, 0, gradient, width, clip);

        public void RecordBiases(T* encoderGradient, int latents, T* decoderGradient, int width)
        {
            foreach (var list in record is null ? [] : new[] { record.Raw, record.Final })
            {
                Copy(encoderGradient, list[1], 0, latents);
                Copy(decoderGradient, list[^1], 0, width);
            }
        }

        private void Record(bool raw, int j, int width, T* encoderGradient, T* decoderGradient)
        {
            if (record is null)
                return;
            var list = raw ? record.Raw : record.Final;
            Copy(encoderGradient, list[0], (long)j * width, width);
            if (!Tied)
                Copy(decoderGradient, list[2], (long)j * width, width);
        }

        private static void Copy(T* from, TorchSharp.torch.Tensor to, long offset, int count) =>
            new ReadOnlySpan<T>(from, count).CopyTo(new Span<T>(TensorMemory.Pointer<T>(to) + offset, count));

        private static void SetUnit(T* row, int width)
        {
            var norm = T.Sqrt(Rows<T>.Dot(row, row, width));
            if (norm > T.Zero)
                Rows<T>.Scale(row, row, T.One / norm, width);
        }
    }

    /// <summary>The memory of a parameter and its moments.</summary>
    private sealed class Moving(Parameter parameter)
    {
        private readonly T* first = TensorMemory.Pointer<T>(parameter.First);
        private readonly T* second = TensorMemory.Pointer<T>(parameter.Second);

        public T* Values { get; } = TensorMemory.Pointer<T>(parameter.Value);

        public void Move(in OptimiserUpdate<T> optimiser, long offset, T* gradient, int count, T clip) =>
            optimiser.Apply(Values + offset, first + offset, second + offset, gradient, count, clip);
    }
}
