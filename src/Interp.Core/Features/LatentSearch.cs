using Interp.Autoencoders;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>A latent that a search found.</summary>
/// <param name="Latent">Its number.</param>
/// <param name="Score">The larger the better.</param>
public readonly record struct FoundLatent(int Latent, double Score);

/// <summary>A latent and how well its largest value in a text tells two classes of texts apart.</summary>
/// <param name="Latent">Its number.</param>
/// <param name="Auc">Area under the ROC curve, with its interval.</param>
/// <param name="Gap">Mean over the positive texts of the peak's quantile in the latent's own distribution, less that over the negative ones.</param>
public readonly record struct LabelledLatent(int Latent, AucInterval Auc, double Gap);

/// <summary>Finds latents. For sentences against a contrast see <see cref="Analysis"/>.</summary>
public static class LatentSearch
{
    /// <summary>The latents that fire in a text, ranked as <see cref="Analysis"/> ranks without a contrast.</summary>
    public static AnalysisResult ByText(Reading text, ILatentFigures figures, LatentFilter? filter = null, int? limit = null) =>
        Analysis.Of([text], [], figures, new AnalysisOptions { Threshold = 0, Share = 0, Limit = limit, Filter = filter });

    /// <summary>The latents whose largest value in a text tells labelled texts apart: by area, ties by the gap and the lower number.</summary>
    /// <param name="positives">Texts that the latent is to fire in, at least two.</param>
    /// <param name="negatives">Texts that it is not to fire in, at least two.</param>
    /// <param name="figures">The latents' own distributions.</param>
    /// <param name="filter">Which latents are considered; null: all that fire.</param>
    /// <param name="limit">The best so many; null for all.</param>
    /// <exception cref="InterpException">A class has fewer than two texts.</exception>
    public static IReadOnlyList<LabelledLatent> ByLabels(
        IReadOnlyList<Reading> positives, IReadOnlyList<Reading> negatives, ILatentFigures figures, LatentFilter? filter = null, int? limit = null)
    {
        var fired = positives.Concat(negatives).SelectMany(text => text.Fired.ToArray()).Distinct().Where(latent => filter?.Accepts(figures, latent) ?? true).ToArray();
        var found = new LabelledLatent[fired.Length];
        for (var i = 0; i < fired.Length; i++)
        {
            var latent = fired[i];
            double[] Peaks(IReadOnlyList<Reading> texts) => [.. texts.Select(text => (double)text.PeakOf(latent))];
            double Quantile(IReadOnlyList<Reading> texts) => texts.Average(text => Analysis.QuantileOf(text, latent, figures));
            found[i] = new LabelledLatent(latent, AucInterval.Of(Peaks(positives), Peaks(negatives)), Quantile(positives) - Quantile(negatives));
        }
        return [.. found.OrderByDescending(latent => latent.Auc.Auc).ThenByDescending(latent => latent.Gap).ThenBy(latent => latent.Latent).Take(limit ?? found.Length)];
    }

    /// <summary>The latents whose decoder rows point most in a direction: by cosine, ties by the lower number.</summary>
    /// <param name="autoencoder">The dictionary.</param>
    /// <param name="direction">As wide as a decoder row, in the model's scale.</param>
    /// <param name="figures">The latents' own distributions, for the filter.</param>
    /// <param name="filter">Which latents are considered; null: all.</param>
    /// <param name="limit">The best so many; null for all.</param>
    /// <exception cref="InterpException">The direction has another width, is 0 or not finite.</exception>
    public static IReadOnlyList<FoundLatent> ByDirection(
        SparseAutoencoder autoencoder, IReadOnlyList<double> direction, ILatentFigures figures, LatentFilter? filter = null, int? limit = null)
    {
        if (direction.Count != autoencoder.OutputWidth)
            throw new InterpException($"The direction has {direction.Count} numbers, but a decoder row has {autoencoder.OutputWidth}; give as many.");
        var length = Math.Sqrt(direction.Sum(x => x * x));
        if (!(length > 0) || !double.IsFinite(length))
            throw new InterpException("The direction has no length, or one that is not finite; give another vector.");
        var cosines = Cosines(autoencoder.DecoderWeight, [.. direction.Select(x => x / length)]);
        var found = Enumerable.Range(0, cosines.Length).Where(latent => filter?.Accepts(figures, latent) ?? true).Select(latent => new FoundLatent(latent, cosines[latent]));
        return [.. found.OrderByDescending(latent => latent.Score).ThenBy(latent => latent.Latent).Take(limit ?? cosines.Length)];
    }

    /// <summary>The mean activation at the hook over the tokens of some texts less that of others: the direction that tells them apart.</summary>
    /// <exception cref="InterpException">One of both has no token, or a text is longer than the model's context.</exception>
    public static double[] Difference(Microscope microscope, IReadOnlyList<string> texts, IReadOnlyList<string> others, CancellationToken cancel = default)
    {
        var (mean, other) = (microscope.MeanActivation(texts, cancel), microscope.MeanActivation(others, cancel));
        return [.. mean.Zip(other, (a, b) => a - b)];
    }

    private static double[] Cosines(Tensor rows, double[] unit)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var norms = rows.norm(1, p: 2);
        var products = rows.mv(tensor(unit, dtype: rows.dtype, device: rows.device));
        return products.div(where(norms > 0, norms, ones_like(norms))).to(ScalarType.Float64, CPU).data<double>().ToArray();
    }
}
