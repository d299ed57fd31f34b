using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Runtime;

public class RandomStreamTests
{
    [Fact]
    public void A_stream_resumes_from_its_counter()
    {
        var whole = new RandomStream(7, "test");
        for (var i = 0; i < 10; i++)
            whole.NextBits();
        var resumed = new RandomStream(7, "test", whole.Counter);
        Assert.Equal(whole.NextBits(), resumed.NextBits());
    }

    [Fact]
    public void Streams_of_other_names_or_seeds_differ()
    {
        ulong First(long seed, string name) => new RandomStream(seed, name).NextBits();
        Assert.Equal(3, new[] { First(1, "a"), First(2, "a"), First(1, "b") }.Distinct().Count());
    }

    [Fact]
    public void A_permutation_holds_every_index_once() =>
        Assert.Equal(Enumerable.Range(0, 999), new RandomStream(1, "p").Permutation(999).Order());

    [Fact]
    public void Uniform_and_normal_numbers_have_their_moments()
    {
        var stream = new RandomStream(3, "moments");
        const int n = 200_000;
        var uniform = Enumerable.Range(0, n).Select(_ => stream.NextDouble()).ToArray();
        var normal = Enumerable.Range(0, n).Select(_ => stream.NextNormal()).ToArray();
        Assert.InRange(uniform.Average(), 0.497, 0.503);
        Assert.InRange(normal.Average(), -0.01, 0.01);
        Assert.InRange(normal.Average(x => x * x), 0.98, 1.02);
    }

    [Fact]
    public void Integers_are_uniform_over_a_limit_that_is_no_power_of_two()
    {
        var stream = new RandomStream(5, "integers");
        var counts = new int[7];
        for (var i = 0; i < 70_000; i++)
            counts[stream.Next(7)]++;
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }
}
