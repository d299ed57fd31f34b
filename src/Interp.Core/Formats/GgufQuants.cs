using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Interp.Formats;

/// <summary>The last step of every quantised format: whole numbers of up to 8 bits become values.</summary>
internal static class GgufQuants
{
    /// <summary>Sixteen values scale·(q − zero) + offset, with a rounding after the product and one after the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(Vector128<byte> q, int zero, float scale, float offset, Span<float> to)
    {
        var (low, high) = Vector256.Widen(Vector256.WidenLower(q.ToVector256Unsafe()));
        Values(low, zero, scale, offset).CopyTo(to);
        Values(high, zero, scale, offset).CopyTo(to[8..]);
    }

    /// <summary>Thirty-two values, as <see cref="Write(Vector128{byte}, int, float, float, Span{float})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(Vector256<byte> q, int zero, float scale, float offset, Span<float> to)
    {
        Write(q.GetLower(), zero, scale, offset, to);
        Write(q.GetUpper(), zero, scale, offset, to[16..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Values(Vector256<uint> q, int zero, float scale, float offset) =>
        Vector256.ConvertToSingle(q.AsInt32() - Vector256.Create(zero)) * scale + Vector256.Create(offset);
}
