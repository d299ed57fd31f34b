using System.Diagnostics;
using Interp.Autoencoders;
using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Autoencoders;

/// <summary>Tests that count threads, while no other test sets their number.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>How the trainings of a pass share the threads.</summary>
[Collection(nameof(AloneCollection))]
public class TrainingPassSharesTests
{
    [Fact]
    public void Who_is_left_gets_the_threads_of_those_that_have_ended()
    {
        var threads = Workers.Count;
        Workers.Count = 4;
        try
        {
            var shares = new List<int>();
            using var isShared = new ManualResetEventSlim();
            TrainingPass.Run(2, place =>
            {
                if (place.Number == 0)
                {
                    isShared.Wait();
                    return;
                }
                shares.Add(Workers.Share);
                isShared.Set();
                for (var clock = Stopwatch.StartNew(); Workers.Share < 4 && clock.Elapsed < TimeSpan.FromSeconds(60); place.Yield(shares.Count, TurnLead.Any))
                    shares.Add(Workers.Share);
                shares.Add(Workers.Share);
            });
            Assert.Equal([2, 4], shares.Distinct());
        }
        finally
        {
            Workers.Count = threads;
        }
    }
}
