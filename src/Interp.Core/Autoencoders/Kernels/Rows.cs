using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// Arithmetic on rows of numbers, in lanes of 256 bits on every processor, so that the order of additions, and with it every
/// bit of a result, is the same wherever it runs.
/// </summary>
internal static unsafe class Rows<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static readonly int Lanes = Vector256<T>.Count;

    /// <summary>a·b + c with one rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Fma(Vector256<T> a, Vector256<T> b, Vector256<T> c) =>
        typeof(T) == typeof(float)
            ? Vector256.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
            : Vector256.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    /// <summary>Σ a·b.</summary>
    public static T Dot(T* a, T* b, int count)
    {
        Vector256<T> s0 = default, s1 = default, s2 = default, s3 = default;
        var lanes = Lanes;
        var i = 0;
        for (; i + 4 * lanes <= count; i += 4 * lanes)
        {
            s0 = Fma(Vector256.Load(a + i), Vector256.Load(b + i), s0);
            s1 = Fma(Vector256.Load(a + i + lanes), Vector256.Load(b + i + lanes), s1);
            s2 = Fma(Vector256.Load(a + i + 2 * lanes), Vector256.Load(b + i + 2 * lanes), s2);
            s3 = Fma(Vector256.Load(a + i + 3 * lanes), Vector256.Load(b + i + 3 * lanes), s3);
        }
        for (; i + lanes <= count; i += lanes)
            s0 = Fma(Vector256.Load(a + i), Vector256.Load(b + i), s0);
        var sum = Vector256.Sum(s0 + s1 + (s2 + s3));
        for (; i < count; i++)
            sum = T.FusedMultiplyAdd(a[i], b[i], sum);
        return sum;
    }

    /// <summary>Σ a², as <see cref="SquaredDistance"/> from 0.</summary>
    public static double SquaredNorm(T* a, int count)
    {
        var total = 0.0;
        for (var start = 0; start < count; start += 64)
            total += double.CreateChecked(Dot(a + start, a + start, Math.Min(64, count - start)));
        return total;
    }

    /// <summary>Σ (a-b)², summed in float64 over pieces of 64 numbers.</summary>
    public static double SquaredDistance(T* a, T* b, int count)
    {
        var total = 0.0;
        for (var start = 0; start < count; start += 64)
        {
            var end = Math.Min(count, start + 64);
            Vector256<T> sum = default;
            var i = start;
            for (; i + Lanes <= end; i += Lanes)
            {
                var difference = Vector256.Load(a + i) - Vector256.Load(b + i);
                sum = Fma(difference, difference, sum);
            }
            var part = Vector256.Sum(sum);
            for (; i < end; i++)
                part = T.FusedMultiplyAdd(a[i] - b[i], a[i] - b[i], part);
            total += double.CreateChecked(part);
        }
        return total;
    }

    /// <summary>destination += scale · row.</summary>
    public static void AddScaled(T* destination, T* row, T scale, int count)
    {
        var factor = Vector256.Create(scale);
        var i = 0;
        for (; i + Lanes <= count; i += Lanes)
            Fma(Vector256.Load(row + i), factor, Vector256.Load(destination + i)).Store(destination + i);
        for (; i < count; i++)
            destination[i] = T.FusedMultiplyAdd(row[i], scale, destination[i]);
    }

    /// <summary>destination = scale · row.</summary>
    public static void Scale(T* destination, T* row, T scale, int count)
    {
        var factor = Vector256.Create(scale);
        var i = 0;
        for (; i + Lanes <= count; i += Lanes)
            (Vector256.Load(row + i) * factor).Store(destination + i);
        for (; i < count; i++)
            destination[i] = row[i] * scale;
    }

    /// <summary>destination = row.</summary>
    public static void Copy(T* destination, T* row, int count) => new ReadOnlySpan<T>(row, count).CopyTo(new Span<T>(destination, count));

    /// <summary>row = max(row + bias, 0).</summary>
    public static void AddAndRectify(T* row, T* bias, int count)
    {
        var i = 0;
        for (; i + Lanes <= count; i += Lanes)
            Vector256.MaxNative(Vector256.Load(row + i) + Vector256.Load(bias + i), Vector256<T>.Zero).Store(row + i);
        for (; i < count; i++)
            row[i] = T.MaxNative(row[i] + bias[i], T.Zero);
    }

    /// <summary>numbers = 0 where the sign is not positive.</summary>
    public static void KeepWherePositive(T* numbers, T* signs, long count)
    {
        var i = 0L;
        for (; i + Lanes <= count; i += Lanes)
            (Vector256.Load(numbers + i) & Vector256.GreaterThan(Vector256.Load(signs + i), Vector256<T>.Zero)).Store(numbers + i);
        for (; i < count; i++)
            numbers[i] = signs[i] > T.Zero ? numbers[i] : T.Zero;
    }

    /// <summary>numbers = 0 where the other is 0.</summary>
    public static void KeepWhereNotZero(T* numbers, T* others, long count)
    {
        for (var i = 0L; i < count; i++)
            numbers[i] = others[i] != T.Zero ? numbers[i] : T.Zero;
    }

    /// <summary>row = (row + bias) · factors.</summary>
    public static void Rank(T* row, T* bias, T* factors, int count)
    {
        var i = 0;
        for (; i + Lanes <= count; i += Lanes)
            ((Vector256.Load(row + i) + Vector256.Load(bias + i)) * Vector256.Load(factors + i)).Store(row + i);
        for (; i < count; i++)
            row[i] = (row[i] + bias[i]) * factors[i];
    }

    /// <summary>destination = a - b.</summary>
    public static void Subtract(T* destination, T* a, T* b, int count)
    {
        var i = 0;
        for (; i + Lanes <= count; i += Lanes)
            (Vector256.Load(a + i) - Vector256.Load(b + i)).Store(destination + i);
        for (; i < count; i++)
            destination[i] = a[i] - b[i];
    }

    /// <summary>destination += Σ weights[e] · table[rows[e]], in the order of the entries; a table row is <paramref name="width"/> numbers.</summary>
    public static void AddWeighted(T* destination, T* table, int width, int* rows, T* weights, int entries)
    {
        var lanes = Lanes;
        var at = 0;
        for (; at + 8 * lanes <= width; at += 8 * lanes)
        {
            PrefetchAhead(table, width, rows, entries, at);
            var d = destination + at;
            var s0 = Vector256.Load(d);
            var s1 = Vector256.Load(d + lanes);
            var s2 = Vector256.Load(d + 2 * lanes);
            var s3 = Vector256.Load(d + 3 * lanes);
            var s4 = Vector256.Load(d + 4 * lanes);
            var s5 = Vector256.Load(d + 5 * lanes);
            var s6 = Vector256.Load(d + 6 * lanes);
            var s7 = Vector256.Load(d + 7 * lanes);
            for (var e = 0; e < entries; e++)
            {
                var row = table + (nint)rows[e] * width + at;
                var weight = Vector256.Create(weights[e]);
                s0 = Fma(Vector256.Load(row), weight, s0);
                s1 = Fma(Vector256.Load(row + lanes), weight, s1);
                s2 = Fma(Vector256.Load(row + 2 * lanes), weight, s2);
                s3 = Fma(Vector256.Load(row + 3 * lanes), weight, s3);
                s4 = Fma(Vector256.Load(row + 4 * lanes), weight, s4);
                s5 = Fma(Vector256.Load(row + 5 * lanes), weight, s5);
                s6 = Fma(Vector256.Load(row + 6 * lanes), weight, s6);
                s7 = Fma(Vector256.Load(row + 7 * lanes), weight, s7);
            }
            s0.Store(d);
            s1.Store(d + lanes);
            s2.Store(d + 2 * lanes);
            s3.Store(d + 3 * lanes);
            s4.Store(d + 4 * lanes);
            s5.Store(d + 5 * lanes);
            s6.Store(d + 6 * lanes);
            s7.Store(d + 7 * lanes);
        }
        for (; at + lanes <= width; at += lanes)
        {
            var sum = Vector256.Load(destination + at);
            for (var e = 0; e < entries; e++)
                sum = Fma(Vector256.Load(table + (nint)rows[e] * width + at), Vector256.Create(weights[e]), sum);
            sum.Store(destination + at);
        }
        for (; at < width; at++)
        {
            for (var e = 0; e < entries; e++)
                destination[at] = T.FusedMultiplyAdd(table[(nint)rows[e] * width + at], weights[e], destination[at]);
        }
    }

    /// <summary>
    /// residual += Σ values[e] · table[rows[e]], in the order of the entries, and products[e] = ⟨residual, table[rows[e]]⟩. Strip
    /// by strip of the width, so that a strip's pieces of the table rows are still in the first-level cache for the products.
    /// </summary>
    /// <param name="products">One number per entry.</param>
    /// <param name="lanesOf">Room for a vector per entry.</param>
    public static void Decode(T* residual, T* table, int width, int* rows, T* values, T* products, int entries, T* lanesOf)
    {
        var lanes = Lanes;
        var strip = 8 * lanes;
        new Span<T>(lanesOf, entries * lanes).Clear();
        var at = 0;
        for (; at + strip <= width; at += strip)
        {
            PrefetchAhead(table, width, rows, entries, at);
            var r = residual + at;
            var s0 = Vector256.Load(r);
            var s1 = Vector256.Load(r + lanes);
            var s2 = Vector256.Load(r + 2 * lanes);
            var s3 = Vector256.Load(r + 3 * lanes);
            var s4 = Vector256.Load(r + 4 * lanes);
            var s5 = Vector256.Load(r + 5 * lanes);
            var s6 = Vector256.Load(r + 6 * lanes);
            var s7 = Vector256.Load(r + 7 * lanes);
            for (var e = 0; e < entries; e++)
            {
                var row = table + (nint)rows[e] * width + at;
                var value = Vector256.Create(values[e]);
                s0 = Fma(Vector256.Load(row), value, s0);
                s1 = Fma(Vector256.Load(row + lanes), value, s1);
                s2 = Fma(Vector256.Load(row + 2 * lanes), value, s2);
                s3 = Fma(Vector256.Load(row + 3 * lanes), value, s3);
                s4 = Fma(Vector256.Load(row + 4 * lanes), value, s4);
                s5 = Fma(Vector256.Load(row + 5 * lanes), value, s5);
                s6 = Fma(Vector256.Load(row + 6 * lanes), value, s6);
                s7 = Fma(Vector256.Load(row + 7 * lanes), value, s7);
            }
            s0.Store(r);
            s1.Store(r + lanes);
            s2.Store(r + 2 * lanes);
            s3.Store(r + 3 * lanes);
            s4.Store(r + 4 * lanes);
            s5.Store(r + 5 * lanes);
            s6.Store(r + 6 * lanes);
            s7.Store(r + 7 * lanes);
            for (var e = 0; e < entries; e++)
            {
                var row = table + (nint)rows[e] * width + at;
                var a = Fma(s0, Vector256.Load(row), Vector256.Load(lanesOf + e * lanes));
                var b = s1 * Vector256.Load(row + lanes);
                a = Fma(s2, Vector256.Load(row + 2 * lanes), a);
                b = Fma(s3, Vector256.Load(row + 3 * lanes), b);
                a = Fma(s4, Vector256.Load(row + 4 * lanes), a);
                b = Fma(s5, Vector256.Load(row + 5 * lanes), b);
                a = Fma(s6, Vector256.Load(row + 6 * lanes), a);
                b = Fma(s7, Vector256.Load(row + 7 * lanes), b);
                (a + b).Store(lanesOf + e * lanes);
            }
        }
        for (var e = 0; e < entries; e++)
            AddScaled(residual + at, table + (nint)rows[e] * width + at, values[e], width - at);
        for (var e = 0; e < entries; e++)
            products[e] = Vector256.Sum(Vector256.Load(lanesOf + e * lanes)) + Dot(residual + at, table + (nint)rows[e] * width + at, width - at);
    }

    /// <summary>Asks for numbers, to be kept in the second-level cache, where the processor can.</summary>
    public static void Prefetch(T* row, int count)
    {
        if (!Sse.IsSupported)
            return;
        for (var at = 0; at < count; at += 64 / sizeof(T))
            Sse.Prefetch1(row + at);
    }

    /// <summary>At every KiB of gathered rows, asks for the next one of each, to be kept in the second-level cache: memory gives a KiB far faster than its lines one by one.</summary>
    private static void PrefetchAhead(T* table, int width, int* rows, int entries, int at)
    {
        var block = 1024 / sizeof(T);
        if (at % block != 0)
            return;
        var from = at == 0 ? 64 / sizeof(T) : at + block;
        var to = Math.Min(width, at + 2 * block);
        for (var e = 0; e < entries; e++)
            Prefetch(table + (nint)rows[e] * width + from, to - from);
    }
}
