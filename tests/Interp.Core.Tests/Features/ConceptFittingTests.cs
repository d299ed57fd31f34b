using Interp.Autoencoders;
using Interp.Features;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class ConceptFittingTests
{
    /// <summary>Four tokens; concept 0 holds on the first two, concept 1 on the last. Latent 0 has 2, 4, 1, 0 of a maximum of 4; latent 1 has 0, 0, 0, 5 of 5.</summary>
    private static ConceptFitting Fitting()
    {
        var fitting = new ConceptFitting(2, [4, 5]);
        using var scope = NewDisposeScope();
        var latents = new SparseLatents(tensor(new long[,] { { 0, 1 }, { 0, 1 }, { 0, 1 }, { 1, 0 } }), tensor(new float[,] { { 2, 0 }, { 4, 0 }, { 1, 0 }, { 5, 0 } }));
        fitting.Add([[true, true, false, false], [false, false, false, true]], latents);
        return fitting;
    }

    [Fact]
    public void F1_precision_and_recall_by_hand()
    {
        var fitting = Fitting();
        Assert.Equal(2, fitting.Positives(0));
        Assert.Equal((0.8, 2 / 3.0, 1.0), fitting.Measure(0, 0, share: 0));
        Assert.Equal((1.0, 1.0, 1.0), fitting.Measure(0, 0, share: ShareOf(0.3)));
        Assert.Equal((1.0, 1.0, 1.0), fitting.Measure(0, 0, share: ShareOf(0.5)));
        Assert.Equal((2 / 3.0, 1.0, 0.5), fitting.Measure(0, 0, share: ShareOf(0.6)));
        Assert.Equal((1.0, 1.0, 1.0), fitting.Measure(1, 1, share: ShareOf(0.7)));
        Assert.Equal(default, fitting.Measure(1, 0, share: 0));
    }

    [Fact]
    public void The_best_concept_is_chosen_on_one_half_and_measured_on_the_other()
    {
        var other = new ConceptFitting(2, [4, 5]);
        using var scope = NewDisposeScope();
        other.Add([[true, false], [false, false]], new SparseLatents(tensor(new long[,] { { 0 }, { 0 } }), tensor(new float[,] { { 2 }, { 2 } })));
        var best = ConceptFitting.Best(["animal", "colour"], Fitting(), other);
        Assert.Equal(new ConceptFit("animal", 2 / 3.0, 0.5, 1, 0.3), best[0]);
        Assert.Equal(new ConceptFit("colour", 0, 0, 0, 0), best[1]);
    }

    private static int ShareOf(double share) => ConceptFitting.Shares.Index().Single(entry => entry.Item == share).Index;
}
