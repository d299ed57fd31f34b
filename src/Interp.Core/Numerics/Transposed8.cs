using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Interp.Numerics;

/// <summary>Eight terms of eight rows of numbers, turned in registers: what was a row is the same lane of each vector. Needs AVX.</summary>
internal readonly unsafe ref struct Transposed8
{
    public readonly Vector256<float> T0, T1, T2, T3, T4, T5, T6, T7;

    /// <param name="from">The first number of the first row.</param>
    /// <param name="stride">From one row to the next.</param>
    /// <param name="sixth">From the first row to the seventh.</param>
    /// <param name="seventh">From the first row to the eighth.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Transposed8(float* from, nint stride, nint sixth, nint seventh)
    {
        Vector256<float> r0 = Vector256.Load(from), r1 = Vector256.Load(from + stride), r2 = Vector256.Load(from + 2 * stride), r3 = Vector256.Load(from + 3 * stride);
        Vector256<float> r4 = Vector256.Load(from + 4 * stride), r5 = Vector256.Load(from + 5 * stride), r6 = Vector256.Load(from + sixth), r7 = Vector256.Load(from + seventh);
        var (a0, a1) = (Avx.UnpackLow(r0, r1), Avx.UnpackHigh(r0, r1));
        var (a2, a3) = (Avx.UnpackLow(r2, r3), Avx.UnpackHigh(r2, r3));
        var (a4, a5) = (Avx.UnpackLow(r4, r5), Avx.UnpackHigh(r4, r5));
        var (a6, a7) = (Avx.UnpackLow(r6, r7), Avx.UnpackHigh(r6, r7));
        (r0, r1) = (Avx.Shuffle(a0, a2, 0x44), Avx.Shuffle(a0, a2, 0xEE));
        (r2, r3) = (Avx.Shuffle(a1, a3, 0x44), Avx.Shuffle(a1, a3, 0xEE));
        (r4, r5) = (Avx.Shuffle(a4, a6, 0x44), Avx.Shuffle(a4, a6, 0xEE));
        (r6, r7) = (Avx.Shuffle(a5, a7, 0x44), Avx.Shuffle(a5, a7, 0xEE));
        (T0, T1) = (Avx.Permute2x128(r0, r4, 0x20), Avx.Permute2x128(r1, r5, 0x20));
        (T2, T3) = (Avx.Permute2x128(r2, r6, 0x20), Avx.Permute2x128(r3, r7, 0x20));
        (T4, T5) = (Avx.Permute2x128(r0, r4, 0x31), Avx.Permute2x128(r1, r5, 0x31));
        (T6, T7) = (Avx.Permute2x128(r2, r6, 0x31), Avx.Permute2x128(r3, r7, 0x31));
    }
}
