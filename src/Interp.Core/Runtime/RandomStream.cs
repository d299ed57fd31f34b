using System.Security.Cryptography;
using System.Text;

namespace Interp.Runtime;

/// <summary>
/// A named, counter-based stream of random numbers: the n-th number depends on (seed, name, n) alone, so that a new
/// consumer with a name of its own changes nothing for the others, and a stream resumes from its <see cref="Counter"/>.
/// </summary>
/// <remarks>Value n is SplitMix64's finaliser of key + n·golden ratio; the key is the first 64 bits of SHA-256("seed/name").</remarks>
public sealed class RandomStream
{
    private readonly ulong key;

    /// <param name="seed">Seed of the spec.</param>
    /// <param name="name">What the numbers are for, such as <c>train/shuffle/3</c>.</param>
    /// <param name="counter">Number of values already taken.</param>
    public RandomStream(long seed, string name, ulong counter = 0)
    {
        var text = seed.ToString(System.Globalization.CultureInfo.InvariantCulture) + "/" + name;
        key = BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        Counter = counter;
    }

    /// <summary>Number of values taken so far.</summary>
    public ulong Counter { get; private set; }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextBits() => Mix(key + Counter++ * 0x9E3779B97F4A7C15UL);

    /// <summary>SplitMix64's finaliser: a bijection that scatters numbers which lie close together.</summary>
    internal static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 .. <paramref name="limit"/>-1, without bias (Lemire's rejection).</summary>
    public int Next(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        var range = (ulong)limit;
        while (true)
        {
            var high = Math.BigMul(NextBits(), range, out var low);
            if (low >= range || low >= (0 - range) % range)
                return (int)high;
        }
    }

    /// <summary>Standard normal (Box–Muller; takes two values of the stream).</summary>
    public double NextNormal()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>A uniform permutation of 0 .. <paramref name="count"/>-1 (Fisher–Yates).</summary>
    public int[] Permutation(int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
            order[i] = i;
        for (var i = count - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }
}
