using System.Numerics;
using System.Runtime.InteropServices;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>Turns rows of activations into what a store keeps, and back.</summary>
internal static unsafe class RowCodec
{
    /// <summary>What rows [n, d] float32 become: elements [n, d], and for int8 the scales [n] float32.</summary>
    /// <remarks>The tensors belong to the caller's dispose scope.</remarks>
    /// <exception cref="InterpException">A number is too large for the type.</exception>
    public static (Tensor Elements, Tensor? Scales) Encode(Tensor rows, StoreDtype dtype)
    {
        switch (dtype)
        {
            case StoreDtype.Float32:
                return (rows, null);
            case StoreDtype.Int8:
                var scales = rows.abs().amax([1]).div(sbyte.MaxValue);
                var divisors = scales.masked_fill(scales.eq(0), 1).unsqueeze(1);
                return (rows.div(divisors).round().clamp(-sbyte.MaxValue, sbyte.MaxValue).to(ScalarType.Int8), scales);
            default:
                var narrow = rows.to(dtype.ElementOf());
                if (!narrow.isfinite().all().ToBoolean())
                    throw new InterpException($"Activations are larger than {dtype.NameOf()} can hold; store them as bf16 or f32.");
                return (narrow, null);
        }
    }

    /// <summary>The numbers of one row.</summary>
    /// <param name="dtype">How they are kept.</param>
    /// <param name="elements">The row's first element.</param>
    /// <param name="scale">Its scale; only int8 has one.</param>
    /// <param name="destination">Room for the row.</param>
    public static void Decode(StoreDtype dtype, void* elements, float scale, Span<float> destination)
    {
        switch (dtype)
        {
            case StoreDtype.Float32:
                new ReadOnlySpan<float>(elements, destination.Length).CopyTo(destination);
                break;
            case StoreDtype.BFloat16:
                FromBFloat16(new(elements, destination.Length), destination);
                break;
            case StoreDtype.Float16:
                FromFloat16(new(elements, destination.Length), destination);
                break;
            default:
                FromInt8(new(elements, destination.Length), scale, destination);
                break;
        }
    }

    /// <summary>Squares of what keeping rows [n, d] float32 as these elements lost, and of the rows, summed in their order in float64.</summary>
    public static (double Error, double Norm) Loss(Tensor rows, Tensor elements, Tensor? scales, StoreDtype dtype)
    {
        var width = (int)rows.size(1);
        var decoded = new float[width];
        var (error, norm) = (0.0, 0.0);
        var original = TensorMemory.Pointer<float>(rows);
        fixed (byte* kept = TensorMemory.Span<byte>(elements))
        {
            for (var row = 0L; row < rows.size(0); row++)
            {
                Decode(dtype, kept + row * width * elements.element_size(), scales is null ? 1 : TensorMemory.Pointer<float>(scales)[row], decoded);
                for (var i = 0; i < width; i++)
                {
                    double value = original[row * width + i], lost = value - decoded[i];
                    error += lost * lost;
                    norm += value * value;
                }
            }
        }
        return (error, norm);
    }

    private static void FromBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var low, out var high);
            Vector.ShiftLeft(low, 16).As<uint, float>().CopyTo(destination[i..]);
            Vector.ShiftLeft(high, 16).As<uint, float>().CopyTo(destination[(i + Vector<uint>.Count)..]);
        }
        for (; i < source.Length; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }

    /// <summary>Finite halves: exponent and mantissa move into place as a number 2¹¹² times too small, exact for subnormal ones too.</summary>
    private static void FromFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var (magnitude, sign, rebias) = (new Vector<uint>(0x7FFF), new Vector<uint>(0x8000), new Vector<float>(BitConverter.UInt32BitsToSingle((127 + 112) << 23)));
        var i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var low, out var high);
            Widened(low).CopyTo(destination[i..]);
            Widened(high).CopyTo(destination[(i + Vector<uint>.Count)..]);
        }
        for (; i < source.Length; i++)
            destination[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);

        Vector<float> Widened(Vector<uint> bits)
        {
            var scaled = Vector.ShiftLeft(bits & magnitude, 13).As<uint, float>() * rebias;
            return (scaled.As<float, uint>() | Vector.ShiftLeft(bits & sign, 16)).As<uint, float>();
        }
    }

    private static void FromInt8(ReadOnlySpan<sbyte> source, float scale, Span<float> destination)
    {
        var i = 0;
        for (; i <= source.Length - Vector<sbyte>.Count; i += Vector<sbyte>.Count)
        {
            Vector.Widen(new Vector<sbyte>(source[i..]), out var low, out var high);
            Store(low, destination[i..]);
            Store(high, destination[(i + Vector<short>.Count)..]);
        }
        for (; i < source.Length; i++)
            destination[i] = source[i] * scale;

        void Store(Vector<short> values, Span<float> to)
        {
            Vector.Widen(values, out var low, out var high);
            (Vector.ConvertToSingle(low) * scale).CopyTo(to);
            (Vector.ConvertToSingle(high) * scale).CopyTo(to[Vector<int>.Count..]);
        }
    }
}
