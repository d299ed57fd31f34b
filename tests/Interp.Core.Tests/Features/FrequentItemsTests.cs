using Interp.Features;
using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Features;

public class FrequentItemsTests
{
    [Fact]
    public void Counts_are_exact_while_there_is_room()
    {
        var items = new FrequentItems(3);
        items.Add([(1, 2), (5, 1)]);
        items.Add([(1, 1), (7, 4)]);
        Assert.Equal([(7, 4), (1, 3), (5, 1)], items.Items);
        Assert.Equal(0, items.Error);
    }

    [Fact]
    public void By_hand_when_one_is_too_many()
    {
        var items = new FrequentItems(2);
        items.Add([(1, 5), (2, 3), (3, 1)]);
        Assert.Equal([(1, 4), (2, 2)], items.Items);
        Assert.Equal(1, items.Error);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(20)]
    [InlineData(100)]
    public void Counts_are_within_the_bound(int capacity)
    {
        var random = new RandomStream(3, "items");
        var items = new FrequentItems(capacity);
        var truth = new Dictionary<int, int>();
        for (var part = 0; part < 50; part++)
        {
            var counts = new SortedDictionary<int, int>();
            for (var i = 0; i < 200; i++)
            {
                var item = (int)(300 * Math.Pow(random.NextDouble(), 4));
                counts[item] = counts.GetValueOrDefault(item) + 1;
                truth[item] = truth.GetValueOrDefault(item) + 1;
            }
            items.Add(counts.Select(entry => (entry.Key, entry.Value)).ToArray());
        }
        Assert.InRange(items.Error, 0, 10_000 / (capacity + 1));
        var found = items.Items.ToDictionary(entry => entry.Item, entry => entry.Count);
        Assert.All(truth, entry => Assert.InRange(entry.Value - found.GetValueOrDefault(entry.Key), 0, items.Error));
    }
}
