using Interp.Core.Tests.Tokenization;
using Interp.Models;
using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Models;

public sealed class HuggingFaceCacheTests : IDisposable
{
    private readonly TemporaryFolder home = new();

    [Fact]
    public void A_name_is_its_newest_download_and_a_path_itself()
    {
        string Downloaded(string model, string file)
        {
            home.Write($"hub/models--{model}/refs/main", "abc123\n");
            return Path.GetDirectoryName(home.Write($"hub/models--{model}/snapshots/abc123/{file}", ""))!;
        }
        Assert.Equal(Downloaded("org--folder", "config.json"), Resolve("org/folder"));
        Assert.Equal(Path.Combine(Downloaded("org--quants", "a.gguf"), "a.gguf"), Resolve("org/quants"));
        Downloaded("org--quants", "b.gguf");
        Assert.Contains("holds 2 .gguf files", Message("org/quants"), StringComparison.Ordinal);
        Downloaded("org--half", "tokenizer.json");
        Assert.Contains("complete it with: hf download org/half", Message("org/half"), StringComparison.Ordinal);
        Assert.Equal(home.Path, Resolve(home.Path));
        foreach (var path in new[] { "nowhere", "a/b/c", "./a", "../a", "a/b.gguf" })
            Assert.Equal(path, Resolve(path));
    }

    [Fact]
    public void What_is_not_downloaded_is_said_with_the_command_that_does_it() =>
        Assert.EndsWith("fetch it with: hf download org/absent", Message("org/absent"), StringComparison.Ordinal);

    public void Dispose() => home.Dispose();

    private string Resolve(string model) => HuggingFaceCache.Resolve(model, Path.Combine(home.Path, "hub"));

    private string Message(string model) => Assert.Throws<InterpException>(() => Resolve(model)).Message;
}
