using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Runtime;

public class WorkersTests
{
    [Fact]
    public void Every_piece_runs_once()
    {
        var runs = new int[1000];
        Workers.For(runs.Length, i => Interlocked.Increment(ref runs[i]));
        Assert.All(runs, count => Assert.Equal(1, count));
    }

    [Fact]
    public void A_failure_reaches_the_caller_and_later_calls_still_work()
    {
        Assert.Throws<InvalidOperationException>(() => Workers.For(8, i => throw new InvalidOperationException()));
        var sum = 0;
        Workers.For(8, i => Interlocked.Add(ref sum, i));
        Assert.Equal(28, sum);
    }

    [Fact]
    public void Nested_calls_finish()
    {
        var sum = 0;
        Workers.For(4, _ => Workers.For(4, _ => Interlocked.Increment(ref sum)));
        Assert.Equal(16, sum);
    }

    [Fact]
    public void Cancelling_stops_the_work()
    {
        using var cancel = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Workers.For(100, _ => cancel.Cancel(), cancel.Token));
    }
}
