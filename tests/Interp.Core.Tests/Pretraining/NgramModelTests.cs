using Interp.Pretraining;
using Xunit;

namespace Interp.Core.Tests.Pretraining;

public class NgramModelTests
{
    /// <summary>Two contexts of 1 2 2 3 and 1 2 3 3, where 1 begins a text; ids 0 to 3.</summary>
    private static readonly PackedContexts Text = PackedContexts.Pack([[2, 2, 3], [2, 3, 3]], 4, 1);

    [Fact]
    public void Probabilities_of_all_tokens_add_up_to_one()
    {
        var model = NgramModel.Train(Text, 4);
        int[][] contexts = [[1, 2, 2, 3, 0], [1, 3, 0, 2, 1], [1, 2, 3, 3, 3], [1, 0, 0, 0, 0]];
        foreach (var context in contexts)
        {
            for (var position = 1; position < context.Length; position++)
                Assert.Equal(1, Enumerable.Range(0, 4).Sum(token => model.Probability(context, position, token)), 1e-12);
        }
    }

    [Fact]
    public void A_bigram_model_is_as_computed_by_hand()
    {
        // Bigrams: 12 twice, 22 once, 23 twice, 33 once: n1 = 2, n2 = 2, D = 2/6 = 1/3.
        // Their tokens by different tokens in front: 2 after {1, 2}, 3 after {2, 3}; n1 = 0, so D = 1/2 by default.
        var model = NgramModel.Train(Text, 4, order: 2);
        const double discount = 1.0 / 3;
        double Unigram(int token) => ((token is 2 or 3 ? 2 - 0.5 : 0) + 0.5 * 2 / 4) / 4;
        Assert.Equal((2 - discount + discount * 2 * Unigram(3)) / 3, model.Probability([1, 2, 0], 2, 3), 1e-12);
        Assert.Equal((0 + discount * 2 * Unigram(0)) / 3, model.Probability([1, 2, 0], 2, 0), 1e-12);
        Assert.Equal(Unigram(2), model.Probability([1, 0, 0], 2, 2), 1e-12);
    }

    [Fact]
    public void A_longer_history_tells_more_where_it_matters()
    {
        // Whether 4 or 5 follows "3 3" depends on the token in front of it.
        var documents = Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? new[] { 2, 3, 3, 4 } : [6, 3, 3, 5]).ToArray();
        var contexts = PackedContexts.Pack(documents, 20, 1);
        var losses = Enumerable.Range(1, 5).Select(order => NgramModel.Train(contexts, 7, order).Evaluate(contexts)).ToArray();
        Assert.True(losses[1] < losses[0]);
        Assert.True(losses[3] < losses[1] - 0.1);
    }
}
