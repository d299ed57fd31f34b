using System.Text;
using System.Text.Json;
using Interp.Formats;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>
/// Writes an atlas folder, page after page, so that no more than one page is in memory. <c>atlas.json</c> is written last: a folder without
/// it is none, whatever else is there.
/// </summary>
internal static class AtlasWriter
{
    /// <summary>Writes a folder, replacing an atlas that is there.</summary>
    /// <param name="folder">Created when absent.</param>
    /// <param name="summary">What it was made of; the files are filled in.</param>
    /// <param name="histograms">Per latent, counts of each bin of <see cref="ActivationHistogram"/>.</param>
    /// <param name="pages">A page per latent, in their order.</param>
    /// <exception cref="InterpException">A file cannot be written.</exception>
    public static void Write(string folder, AtlasSummary summary, Func<int, long[]> histograms, IEnumerable<LatentPage> pages)
    {
        string PathOf(string file) => Path.Combine(folder, file);
        Directory.CreateDirectory(folder);
        File.Delete(PathOf(AtlasColumns.SummaryFile));
        var figures = new List<LatentPage>(summary.Latents);
        var offsets = new long[summary.Latents + 1];
        using var words = new MemoryStream();
        AtomicFile.Write(PathOf(AtlasColumns.PagesFile), stream =>
        {
            foreach (var page in pages)
            {
                var line = JsonSerializer.SerializeToUtf8Bytes(page, AtlasJson.Options);
                stream.Write(line);
                stream.WriteByte((byte)'\n');
                offsets[page.Id + 1] = offsets[page.Id] + line.Length + 1;
                words.Write(Encoding.UTF8.GetBytes(AtlasSearch.LineOf(page)));
                figures.Add(page with { Top = [], Intervals = [], Raised = [], Lowered = [], Neighbours = [], CoFiring = [], Tokens = [], Histogram = [] });
            }
        });
        AtomicFile.Write(PathOf(AtlasColumns.SearchFile), words.WriteTo);
        WriteColumns(PathOf(AtlasColumns.ColumnsFile), figures, offsets, histograms);
        var complete = summary with
        {
            Dead = figures.Count(page => page.Count == 0),
            Files = [.. new[] { AtlasColumns.PagesFile, AtlasColumns.ColumnsFile, AtlasColumns.SearchFile }.Select(name => new AtlasFile(name, new FileInfo(PathOf(name)).Length, FileDigest.Sha256(PathOf(name))))],
        };
        AtomicFile.WriteText(PathOf(AtlasColumns.SummaryFile), JsonSerializer.Serialize(complete, AtlasJson.Indented) + "\n");
    }

    private static void WriteColumns(string path, List<LatentPage> pages, long[] offsets, Func<int, long[]> histograms)
    {
        using var scope = NewDisposeScope();
        Tensor Floats(Func<LatentPage, float> value) => tensor(pages.Select(value).ToArray(), ScalarType.Float32, CPU);
        var histogram = zeros([pages.Count, ActivationHistogram.Bins], ScalarType.Int64, CPU);
        for (var latent = 0; latent < pages.Count; latent++)
            histograms(latent).CopyTo(TensorMemory.Span<long>(histogram)[(latent * ActivationHistogram.Bins)..]);
        SafeTensorsWriter.Write(path, new Dictionary<string, Tensor>
        {
            [AtlasColumns.Count] = tensor(pages.Select(page => page.Count).ToArray(), ScalarType.Int64, CPU),
            [AtlasColumns.Histogram] = histogram,
            [AtlasColumns.Pages] = tensor(offsets, ScalarType.Int64, CPU),
            [AtlasColumns.Density] = Floats(page => (float)page.Density),
            [AtlasColumns.Max] = Floats(page => page.Max),
            [AtlasColumns.Mean] = Floats(page => (float)page.Mean),
            [AtlasColumns.MapX] = Floats(page => page.Map[0]),
            [AtlasColumns.MapY] = Floats(page => page.Map[1]),
        });
    }
}
