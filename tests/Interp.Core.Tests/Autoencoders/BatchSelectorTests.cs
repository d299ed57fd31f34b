using Interp.Autoencoders.Kernels;
using Xunit;

namespace Interp.Core.Tests.Autoencoders;

/// <summary>The largest numbers of a batch where very many are equal.</summary>
public sealed unsafe class BatchSelectorTests
{
    /// <summary>So many ties that looking at all of them for each row of a tile would take minutes.</summary>
    [Fact]
    public void Of_equal_numbers_earlier_tokens_and_lower_latents_win()
    {
        const int rows = 256, latents = 1 << 15, tile = 256, wanted = 2 * latents + 100;
        Assert.Equal(
            [.. Enumerable.Range(0, rows).Select(row => row < 2 ? latents : row == 2 ? 100 : 0)],
            Counts(rows, latents, tile, wanted, (_, _) => 1));
    }

    [Fact]
    public void Larger_numbers_in_later_tiles_take_the_places_of_equal_ones()
    {
        // Ones everywhere, a two in each row's last latent: 256 twos, then ones of the first rows.
        const int rows = 256, latents = 1024, tile = 64, wanted = 256 + 1023 + 10;
        Assert.Equal(
            [.. Enumerable.Range(0, rows).Select(row => row == 0 ? 1024 : row == 1 ? 11 : 1)],
            Counts(rows, latents, tile, wanted, (_, latent) => latent == latents - 1 ? 2 : 1));
    }

    /// <summary>How many entries each row gets; that they are its lowest latents, and the large ones, is checked.</summary>
    private static int[] Counts(int rows, int latents, int tile, int wanted, Func<int, int, float> number)
    {
        using var selector = new BatchSelector<float>();
        using var codes = new SparseCodes<float>(false);
        codes.Begin(rows);
        selector.Begin(Chunk.Count(rows), wanted, guess: false);
        var bias = new float[latents];
        var numbers = new float[Chunk.MostRows * tile];
        fixed (float* from = numbers, zero = bias)
        {
            for (var c = 0; c < Chunk.Count(rows); c++)
            {
                var chunk = Chunk.Of(rows, c);
                for (var offset = 0; offset < latents; offset += tile)
                {
                    for (var row = 0; row < chunk.Rows; row++)
                    {
                        for (var at = 0; at < tile; at++)
                            numbers[row * tile + at] = number(chunk.Start + row, offset + at);
                    }
                    selector.Feed(chunk, from, zero, offset, tile);
                }
            }
        }
        Assert.True(selector.Finish(rows, codes, out var smallest));
        Assert.Equal(1, smallest);
        return [.. Enumerable.Range(0, rows).Select(row =>
        {
            var count = codes.Counts[row];
            if (count == 0)
                return 0;
            var kept = new ReadOnlySpan<int>(codes.Indices(row), count).ToArray();
            var expected = Enumerable.Range(0, latents).OrderByDescending(latent => number(row, latent)).ThenBy(latent => latent).Take(count).Order();
            Assert.Equal(expected, kept);
            return count;
        })];
    }
}
