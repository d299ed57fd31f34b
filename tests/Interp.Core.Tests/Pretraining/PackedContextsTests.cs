using Interp.Pretraining;
using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Pretraining;

public class PackedContextsTests
{
    [Fact]
    public void Contexts_and_the_texts_inside_them_begin_with_the_token_that_begins_a_text()
    {
        var packed = PackedContexts.Pack([[5, 6], [7, 8, 9, 10], [11, 12]], 4, 1);
        Assert.Equal(3, packed.Count);
        Assert.Equal([1, 5, 6, 1], packed[0].ToArray());
        Assert.Equal([1, 7, 8, 9], packed[1].ToArray());
        Assert.Equal([1, 10, 1, 11], packed[2].ToArray());
        Assert.Equal(9, packed.PredictedCount);
    }

    [Fact]
    public void Text_that_fills_no_context_is_an_error() =>
        Assert.Contains("do not fill", Assert.Throws<InterpException>(() => PackedContexts.Pack([[5, 6]], 8, 1)).Message);
}
