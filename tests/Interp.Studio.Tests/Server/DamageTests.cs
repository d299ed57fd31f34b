using Xunit;

namespace Interp.Studio.Tests.Server;

/// <summary>A file that is damaged is the studio's fault, not the request's.</summary>
public sealed class DamageTests
{
    [Fact]
    public async Task A_damaged_line_of_the_atlas_is_told_and_the_others_are_served()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(WorldStudio.Atlas))
            File.Copy(file, folder.Child(Path.GetFileName(file)));
        var told = new List<string>();
        await using var studio = await WorldStudio.Start(WorldStudio.Options with { Atlas = folder.Path, Others = [], Log = told.Add });
        using (var pages = new FileStream(folder.Child("pages.jsonl"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            for (var line = 0; line < 3;)
                line += pages.ReadByte() == '\n' ? 1 : 0;
            pages.Write("oh no"u8);
        }
        var (status, body) = await studio.Get("features/3");
        Assert.Equal(500, status);
        Assert.Contains("latent 3 in", (string)body["error"]!);
        Assert.Contains("make the atlas again", (string)body["error"]!);
        Assert.Contains(told, line => line.Contains("/api/v1/features/3", StringComparison.Ordinal));
        Assert.Equal(500, (await studio.Get("features?sort=id&limit=10")).Status);
        Assert.Equal(200, (await studio.Get("features/4")).Status);
        Assert.Equal(404, (await studio.Get("features/100000")).Status);
    }

    [Fact]
    public async Task A_damaged_result_is_told_with_its_file()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Child("broken"));
        File.WriteAllText(folder.Child("broken/table.csv"), "no table");
        await using var studio = await WorldStudio.Start(WorldStudio.Options with { Results = folder.Path, Others = [] });
        var (status, body) = await studio.Get("experiments/broken");
        Assert.Equal(500, status);
        Assert.Contains("broken", (string)body["error"]!);
        Assert.Equal(404, (await studio.Get("experiments/other")).Status);
    }
}
