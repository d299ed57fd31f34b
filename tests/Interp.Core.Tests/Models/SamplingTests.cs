using Interp.Models;
using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Models;

public class SamplingTests
{
    private const int Draws = 20_000;

    /// <summary>Probabilities 0.1, 0.4, 0.3, 0.2.</summary>
    private static readonly double[] Logits = [Math.Log(0.1), Math.Log(0.4), Math.Log(0.3), Math.Log(0.2)];

    private static double[] Shares(Sampling sampling)
    {
        var shares = new double[Logits.Length];
        for (var position = 0; position < Draws; position++)
            shares[sampling.Choose(Logits, position)] += 1.0 / Draws;
        return shares;
    }

    private static void Near(double[] expected, double[] found)
    {
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], expected[i] is 0 or 1 ? 1e-9 : 0.015);
    }

    [Fact]
    public void Shares_of_draws_are_the_probabilities_by_hand()
    {
        Near([0.1, 0.4, 0.3, 0.2], Shares(new Sampling { Temperature = 1, Seed = 1 }));
        Near([0.01 / 0.3, 0.16 / 0.3, 0.09 / 0.3, 0.04 / 0.3], Shares(new Sampling { Temperature = 0.5, Seed = 2 }));
        Near([0, 4.0 / 7, 3.0 / 7, 0], Shares(new Sampling { Temperature = 1, TopK = 2, Seed = 3 }));
        Near([0, 4.0 / 9, 3.0 / 9, 2.0 / 9], Shares(new Sampling { Temperature = 1, TopP = 0.75, Seed = 4 }));
        Near([0, 1, 0, 0], Shares(new Sampling { Temperature = 1, TopP = 0.4, Seed = 5 }));
        Near([0, 1, 0, 0], Shares(Sampling.Greedy));
    }

    [Fact]
    public void Of_equal_tokens_the_greedy_choice_is_the_first() => Assert.Equal(1, Sampling.Greedy.Choose([0, 2, 2], 0));

    [Fact]
    public void Numbers_out_of_range_are_refused()
    {
        foreach (var sampling in new Sampling[] { new() { Temperature = -1 }, new() { Temperature = double.NaN }, new() { TopK = 0 }, new() { TopP = 0 }, new() { TopP = 1.5 } })
            Assert.Throws<InterpException>(sampling.Validate);
    }
}
