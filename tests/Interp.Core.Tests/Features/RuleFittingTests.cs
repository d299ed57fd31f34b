using Interp.Autoencoders;
using Interp.Core.Tests.Tokenization;
using Interp.Features;
using Interp.Runtime;
using Interp.Tokenization;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class RuleFittingTests
{
    private const int Vocabulary = 40, Length = 16, Contexts = 500, Noise = 5;

    /// <summary>What latents 0, 1, … fire on: tokens of a context up to a place.</summary>
    private static readonly Func<int[], int, bool>[] Truths =
    [
        (tokens, at) => tokens[at] is 3 or 7,
        (tokens, at) => at > 0 && tokens[at - 1] == 5,
        (tokens, at) => tokens[Math.Max(0, at - 8)..at].Contains(9),
        (tokens, at) => tokens[at] is 11 or 12 or 13 && tokens[Math.Max(0, at - 8)..at].Contains(9),
        (tokens, at) => tokens[at] == 20 && at > 0 && tokens[at - 1] is 21 or 22 or 23 or 24,
    ];

    private static FiringSample Sample(int seed, double noise = 0)
    {
        var random = new RandomStream(seed, "rules");
        var sample = new FiringSample(Noise + 1, int.MaxValue);
        for (var context = 0; context < Contexts; context++)
        {
            int[] tokens = [.. Enumerable.Range(0, Length).Select(_ => random.Next(Vocabulary))];
            var values = new float[Length, Noise + 1];
            for (var at = 0; at < Length; at++)
            {
                for (var latent = 0; latent < Truths.Length; latent++)
                    values[at, latent] = Truths[latent](tokens, at) && random.NextDouble() >= noise ? 1 : 0;
                values[at, Noise] = random.Next(20) == 0 ? 1 : 0;
            }
            using var scope = NewDisposeScope();
            var fired = new SparseLatents(arange(Noise + 1, dtype: ScalarType.Int64).expand(Length, Noise + 1).contiguous(), tensor(values));
            sample.Add(tokens, new int[Length], [.. Enumerable.Repeat(true, Length)], fired);
        }
        sample.Complete();
        return sample;
    }

    [Fact]
    public void Rules_that_hold_are_found_and_hold_on_other_text()
    {
        var (known, heldOut) = (Sample(1), Sample(2));
        var fitting = new RuleFitting(known);
        var rules = Enumerable.Range(0, Truths.Length).Select(latent => fitting.Fit(latent)!).ToArray();
        Assert.All(Enumerable.Range(0, Truths.Length), latent => Assert.Equal(1, rules[latent].ScoreOn(heldOut, latent).F1));
        Assert.Equal(TokenPlace.Here, Assert.Single(rules[0].Conditions).Place);
        Assert.Equal([3, 7], rules[0].Conditions[0].Tokens.Order());
        Assert.Equal(TokenPlace.Before, Assert.Single(rules[1].Conditions).Place);
        Assert.Equal([5], rules[1].Conditions[0].Tokens);
        Assert.Equal(TokenPlace.Within, Assert.Single(rules[2].Conditions).Place);
        Assert.Equal([9], rules[2].Conditions[0].Tokens);
        Assert.Equal([11, 12, 13], rules[3].Conditions.Single(condition => condition.Place == TokenPlace.Here).Tokens.Order());
        Assert.Equal([9], rules[3].Conditions.Single(condition => condition.Place == TokenPlace.Within).Tokens);
        Assert.Equal([21, 22, 23, 24], rules[4].Conditions.Single(condition => condition.Place == TokenPlace.Before).Tokens.Order());
    }

    [Fact]
    public void A_latent_without_a_rule_scores_low_on_held_out_text_and_a_rare_one_has_none()
    {
        var (known, heldOut) = (Sample(1), Sample(2));
        var chance = new RuleFitting(known).Fit(Noise);
        Assert.True(chance is null || chance.ScoreOn(heldOut, Noise).F1 < 0.3);
        var rare = new FiringSample(1, int.MaxValue);
        using var scope = NewDisposeScope();
        rare.Add([1, 2, 3], [0, 0, 0], [true, true, true], new SparseLatents(zeros(3, 1, dtype: ScalarType.Int64), ones(3, 1)));
        rare.Complete();
        Assert.Null(new RuleFitting(rare).Fit(0));
    }

    [Fact]
    public void A_score_counts_what_the_rule_picks_row_by_row()
    {
        var sample = Sample(3, noise: 0.3);
        var rule = new LatentRule([new TokenCondition(TokenPlace.Within, [9, 4]), new TokenCondition(TokenPlace.Here, [11, 12])]);
        var picked = Enumerable.Range(0, sample.Rows).Where(row => sample.TokenOf(row) is 11 or 12
            && Enumerable.Range(1, 8).Any(back => row - back >= sample.ContextStart(row) && sample.TokenOf(row - back) is 9 or 4)).ToHashSet();
        var right = sample.FiringsOf(3).ToArray().Count(picked.Contains);
        var score = rule.ScoreOn(sample, 3);
        Assert.Equal((right, picked.Count, sample.FiringsOf(3).Length), (score.Right, score.Picked, score.Firings));
        Assert.Equal(2 * score.Precision * score.Recall / (score.Precision + score.Recall), score.F1, 1e-12);
    }

    [Fact]
    public void Rows_that_do_not_count_are_neither_picked_nor_learned_from()
    {
        var sample = new FiringSample(1, int.MaxValue);
        using var scope = NewDisposeScope();
        for (var context = 0; context < 10; context++)
            sample.Add([1, 2, 2], [0, 0, 0], [false, true, true], new SparseLatents(zeros(3, 1, dtype: ScalarType.Int64), ones(3, 1)));
        sample.Complete();
        Assert.Equal(20, sample.Counted);
        var rule = new RuleFitting(sample).Fit(0)!;
        Assert.Equal(20, rule.Rows(sample).Count());
    }

    [Fact]
    public void A_rule_reads_as_words()
    {
        var tokenizer = Tokenizer.Load(Fixtures.Path("tokenizers", "bpe-qwen2"));
        int Id(string text) => tokenizer.Encode(text, false).Ids.Single();
        var rule = new LatentRule([new TokenCondition(TokenPlace.Here, [Id(" a"), Id(" the")]), new TokenCondition(TokenPlace.Within, [Id("\n")])]);
        Assert.Equal("“ a” or “ the”, within 8 tokens after “⏎”", rule.Text(new TokenPieces(tokenizer)));

        var digits = new LatentRule([new TokenCondition(TokenPlace.Before, [.. "0123456789".Select(digit => Id($"{digit}"))])]);
        Assert.Equal("after “0”, “1”, “2”, “3”, “4”, “5”, “6”, “7”, “8” or “9”", digits.Text(new TokenPieces(tokenizer)));
    }
}
