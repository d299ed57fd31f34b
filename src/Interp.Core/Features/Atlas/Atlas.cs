using System.Text;
using System.Text.Json;
using Interp.Formats;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>A latent that a search found.</summary>
/// <param name="Latent">Its number.</param>
/// <param name="Score">The larger the better.</param>
/// <param name="Text">What is known of it in words.</param>
public sealed record LatentHit(int Latent, double Score, string Text);

/// <summary>
/// An atlas folder, opened lazily: opening maps its files and checks their lengths; a page is read when it is asked for. Any number of threads
/// may read at once. <see cref="Verify"/> reads everything.
/// </summary>
public sealed class Atlas : ILatentFigures, IDisposable
{
    private readonly SafeTensors columns;
    private readonly MappedFile pages, search;
    private readonly Dictionary<string, Tensor> views = [];

    private Atlas(string folder, AtlasSummary summary)
    {
        (Folder, Summary) = (folder, summary);
        columns = SafeTensors.Open(PathOf(AtlasColumns.ColumnsFile));
        pages = new MappedFile(PathOf(AtlasColumns.PagesFile));
        search = new MappedFile(PathOf(AtlasColumns.SearchFile));
        foreach (var (name, shape) in Shapes(summary.Latents))
        {
            columns.Require(name, shape);
            views[name] = columns.View(name).DetachFromDisposeScope();
        }
    }

    /// <summary>Whether a folder holds a finished atlas.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, AtlasColumns.SummaryFile));

    /// <summary>Opens a folder.</summary>
    /// <exception cref="InterpException">It holds no atlas, one of another format, or one whose files are torn.</exception>
    public static Atlas Open(string folder)
    {
        var summary = ReadSummary(folder);
        foreach (var file in summary.Files)
        {
            var found = new FileInfo(Path.Combine(folder, file.Name));
            if (!found.Exists || found.Length != file.Bytes)
                throw new InterpException($"{found.FullName} {(found.Exists ? $"has {found.Length} bytes instead of {file.Bytes}" : "is gone")}; make the atlas again with interp atlas.");
        }
        return new Atlas(folder, summary);
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>What it was made of.</summary>
    public AtlasSummary Summary { get; }

    /// <summary>Size of the dictionary.</summary>
    public int Latents => Summary.Latents;

    /// <summary>Tokens on which each latent fires, [M].</summary>
    public ReadOnlySpan<long> Count => TensorMemory.Span<long>(views[AtlasColumns.Count]);

    /// <summary>Share of the counted tokens on which each latent fires, [M].</summary>
    public ReadOnlySpan<float> Density => Column(AtlasColumns.Density);

    /// <summary>Largest value of each latent, [M]; 0 for one that never fires.</summary>
    public ReadOnlySpan<float> Max => Column(AtlasColumns.Max);

    /// <summary>Mean of each latent over the tokens on which it fires, [M].</summary>
    public ReadOnlySpan<float> Mean => Column(AtlasColumns.Mean);

    /// <summary>Places on the map, [M].</summary>
    public ReadOnlySpan<float> MapX => Column(AtlasColumns.MapX);

    /// <summary>Places on the map, [M].</summary>
    public ReadOnlySpan<float> MapY => Column(AtlasColumns.MapY);

    /// <inheritdoc/>
    public float MaxOf(int latent) => Max[latent];

    /// <inheritdoc/>
    public double DensityOf(int latent) => Density[latent];

    /// <inheritdoc/>
    public double MeanOf(int latent) => Mean[latent];

    /// <summary>The share of a latent's firings whose value lies below; within a bin of the histogram, as if they were spread evenly. 0 for a dead latent.</summary>
    public double QuantileOf(int latent, float value)
    {
        Require(latent);
        var all = TensorMemory.Span<long>(views[AtlasColumns.Histogram]).Slice(latent * ActivationHistogram.Bins, ActivationHistogram.Bins);
        if (!(value > 0) || Count[latent] == 0)
            return 0;
        if (value > Max[latent])
            return 1;
        var bin = ActivationHistogram.BinOf(value);
        var below = 0L;
        foreach (var count in all[..bin])
            below += count;
        var (from, to) = (ActivationHistogram.LowerEdge(bin), Math.Min(Max[latent], ActivationHistogram.LowerEdge(bin + 1)));
        var part = to > from ? Math.Clamp((value - from) / (to - from), 0, 1) : 0;
        return (below + part * all[bin]) / Count[latent];
    }

    /// <summary>A latent's line as it is stored, UTF-8 without the newline.</summary>
    /// <exception cref="DamagedFileException">The file has no such line.</exception>
    /// <exception cref="InterpException">There is no such latent.</exception>
    public byte[] PageJson(int latent)
    {
        Require(latent);
        var offsets = TensorMemory.Span<long>(views[AtlasColumns.Pages]);
        var (start, end) = (offsets[latent], offsets[latent + 1]);
        if (start < 0 || end <= start || end > pages.Length)
            throw new DamagedFileException($"{pages.Path} has no line for latent {latent}; make the atlas again with interp atlas.");
        return pages.Bytes(start, (int)(end - start - 1)).ToArray();
    }

    /// <summary>A latent's page.</summary>
    /// <exception cref="DamagedFileException">Its line is damaged.</exception>
    /// <exception cref="InterpException">There is no such latent.</exception>
    public LatentPage Page(int latent)
    {
        try
        {
            return JsonSerializer.Deserialize<LatentPage>(PageJson(latent), AtlasJson.Options)!;
        }
        catch (JsonException e)
        {
            throw new DamagedFileException($"The line of latent {latent} in {pages.Path} is damaged: {e.Message.Split('.')[0]}; make the atlas again with interp atlas.", e);
        }
    }

    /// <summary>The latents whose explanation, concept, tokens or raised tokens have all of some words, best first.</summary>
    /// <param name="words">Words, upper or lower case, separated by spaces.</param>
    /// <param name="limit">The most that are wanted.</param>
    /// <param name="filter">Which latents are considered; null: all.</param>
    public IReadOnlyList<LatentHit> Search(string words, int limit, LatentFilter? filter = null) =>
        AtlasSearch.Find(search, words, limit, latent => filter?.Accepts(this, latent) ?? true);

    /// <summary>Reads every byte and every page.</summary>
    /// <exception cref="InterpException">A file is not what was written.</exception>
    public void Verify()
    {
        foreach (var file in Summary.Files)
        {
            if (FileDigest.Sha256(PathOf(file.Name)) != file.Sha256)
                throw new InterpException($"{PathOf(file.Name)} is not what was written; make the atlas again with interp atlas.");
        }
        for (var latent = 0; latent < Latents; latent++)
        {
            if (Page(latent).Id != latent)
                throw new InterpException($"The line of latent {latent} in {pages.Path} is another's; make the atlas again with interp atlas.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var view in views.Values)
            view.Dispose();
        columns.Dispose();
        pages.Dispose();
        search.Dispose();
    }

    internal static IEnumerable<(string Name, long[] Shape)> Shapes(long latents) =>
    [
        (AtlasColumns.Count, [latents]), (AtlasColumns.Density, [latents]), (AtlasColumns.Max, [latents]), (AtlasColumns.Mean, [latents]),
        (AtlasColumns.MapX, [latents]), (AtlasColumns.MapY, [latents]), (AtlasColumns.Histogram, [latents, ActivationHistogram.Bins]), (AtlasColumns.Pages, [latents + 1]),
    ];

    private static AtlasSummary ReadSummary(string folder)
    {
        var path = Path.Combine(folder, AtlasColumns.SummaryFile);
        try
        {
            var summary = JsonSerializer.Deserialize<AtlasSummary>(File.ReadAllBytes(path), AtlasJson.Options)!;
            return summary.Format == AtlasColumns.Format
                ? summary
                : throw new InterpException($"{path} is an atlas of format {summary.Format}, and {AtlasColumns.Format} is read; make it again with interp atlas.");
        }
        catch (JsonException e)
        {
            throw new InterpException($"{path} is no description of an atlas: {e.Message.Split('.')[0]}; make the atlas again with interp atlas.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InterpException($"{folder} holds no atlas ({AtlasColumns.SummaryFile} cannot be read); make one with interp atlas, or name another folder.", e);
        }
    }

    private string PathOf(string file) => Path.Combine(Folder, file);

    private ReadOnlySpan<float> Column(string name) => TensorMemory.Span<float>(views[name]);

    private void Require(int latent)
    {
        if (latent < 0 || latent >= Latents)
            throw new InterpException($"There is no latent {latent}; the atlas has 0 to {Latents - 1}.");
    }
}
