using FsCheck.Xunit;
using Interp.Autoencoders;
using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Autoencoders;

public class ScheduleTests
{
    public static TheoryData<KSchedule> Decaying => [new LinearK(512, 0.25), new CosineK(512, 0.5), new ExponentialK(512, 1), new StepK(512, 0.25, 3)];

    [Fact]
    public void Linear_follows_the_integer_rule() =>
        Assert.Equal([24, 22, 21, 19, 18, 16, 15, 13, 12, 10, 9, 7, 6, 6], Enumerable.Range(0, 14).Select(t => new LinearK(24, 0.25).At(t, 48, 6, 96)));

    [Fact]
    public void Shapes_have_these_values()
    {
        Assert.Equal([64, 54, 32, 10, 0], Enumerable.Range(0, 5).Select(t => t == 4 ? 0 : new CosineK(64, 1).At(t, 4, 1, 64)));
        Assert.Equal([64, 32, 16, 8, 4], Enumerable.Range(0, 5).Select(t => new ExponentialK(64, 0.8).At(t, 5, 4, 64)));
        Assert.Equal([64, 64, 16, 16, 4, 4], Enumerable.Range(0, 6).Select(t => new StepK(64, 4 / 6.0, 2).At(t, 6, 4, 64)));
    }

    [Theory]
    [MemberData(nameof(Decaying))]
    public void A_schedule_starts_at_its_start_falls_and_holds_the_target(KSchedule schedule)
    {
        var ks = Enumerable.Range(0, 1000).Select(t => schedule.At(t, 1000, 32, 4096)).ToArray();
        Assert.Equal(512, ks[0]);
        Assert.Equal(ks, ks.OrderDescending());
        Assert.All(ks.Skip((int)(schedule.Until * 1000)), k => Assert.Equal(32, k));
    }

    [Property]
    public bool The_start_is_cut_to_the_dictionary(byte from, byte step) =>
        new LinearK(from, 0.5).At(step, 300, 8, 64) is >= 1 and <= 64;

    [Fact]
    public void The_law_halves_the_rate_for_four_times_the_latents()
    {
        Assert.Equal(2e-4, LearningRateSchedule.Law(1 << 14));
        Assert.Equal(1e-4, LearningRateSchedule.Law(1 << 16));
        Assert.Equal(8e-4, new LearningRateSchedule().At(3, 10, 1 << 10));
    }

    [Fact]
    public void The_rate_warms_up_holds_and_decays()
    {
        var rate = new LearningRateSchedule(Peak: 1, WarmUp: 0.4, Decay: 0.3);
        Assert.Equal([0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 2 / 3.0, 1 / 3.0], Enumerable.Range(0, 10).Select(t => rate.At(t, 10, 1)));
        var cosine = new LearningRateSchedule(Peak: 1, Decay: 1, Shape: DecayShape.Cosine);
        Assert.Equal([1, 0.75, 0.25], Enumerable.Range(0, 3).Select(t => Math.Round(cosine.At(t, 3, 1), 12)));
    }

    [Fact]
    public void All_problems_of_a_spec_are_found_at_once()
    {
        var spec = TrainingSpec.Default with { Latents = 16, K = 32, BatchSize = 0, Clip = -1 };
        Assert.Equal(3, spec.Problems().Count);
        Assert.Contains("more than the dictionary's 16", Assert.Throws<InterpException>(spec.Validate).Message);
        Assert.Empty(TrainingSpec.Default.Problems());
    }
}
