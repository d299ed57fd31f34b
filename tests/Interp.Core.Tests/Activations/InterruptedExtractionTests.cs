using System.Collections.Concurrent;
using Interp.Activations;
using Interp.Core.Tests.Tokenization;
using Interp.Formats;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Activations;

/// <summary>Extractions of two hooks into stores of eight shards that are stopped, damaged, or run out of disk.</summary>
public class InterruptedExtractionTests
{
    private const int Shards = 8;
    private const int RowsPerShard = 100;
    private static readonly ExtractionSpec Spec = new([HookPoint.ResidPost(0), HookPoint.ResidPost(1)], 5, "tokenizer", "corpus", null);
    private static readonly TokenContexts Contexts = new(20, [.. Enumerable.Range(0, 777).Select(i => i * 7 % 100)], [.. Enumerable.Range(0, 777).Select(i => i / 50)]);

    private static void Extract(LanguageModel model, string[] folders, WriteShard? write = null, Action<long>? progress = null, CancellationToken cancel = default) =>
        Extraction.Run(model, CPU, Contexts, Spec, folders, RowsPerShard * 64 * sizeof(float), write ?? SafeTensorsWriter.BeginHashed, progress, cancel);

    private static LanguageModel Model() => LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);

    private static string[] Folders(TemporaryFolder folder) => [Path.Combine(folder.Path, "one"), Path.Combine(folder.Path, "two")];

    private static string[] Files(string[] folders) =>
        [.. folders.SelectMany(Directory.GetFiles).Order(StringComparer.Ordinal).Select(file => $"{Path.GetFileName(file)} {ActivationStore.ChecksumOf(file)}")];

    [Fact]
    public void A_store_of_three_interrupted_runs_is_the_uninterrupted_one_byte_for_byte()
    {
        using var model = Model();
        using var whole = new TemporaryFolder();
        using var broken = new TemporaryFolder();
        Extract(model, Folders(whole));
        foreach (var end in new[] { 150, 330, 610 })
        {
            using var stop = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(() => Extract(model, Folders(broken), progress: done =>
            {
                if (done >= end)
                    stop.Cancel();
            }, cancel: stop.Token));
            Assert.False(StoreManifest.Read(Folders(broken)[1]).Complete);
        }
        Extract(model, Folders(broken));
        Assert.Equal(Shards, StoreManifest.Read(Folders(whole)[0]).Shards.Length);
        Assert.Equal(Files(Folders(whole)), Files(Folders(broken)));
    }

    [Fact]
    public void A_flipped_bit_in_any_shard_is_found_and_only_that_shard_is_made_again()
    {
        using var model = Model();
        using var folder = new TemporaryFolder();
        var folders = Folders(folder);
        Extract(model, folders);
        var whole = Files(folders);
        for (var shard = 0; shard < Shards; shard++)
        {
            var path = Path.Combine(folders[shard % 2], $"shard-{shard:00000}.safetensors");
            var bytes = File.ReadAllBytes(path);
            bytes[(int)(bytes.Length * (shard + 0.5) / Shards)] ^= (byte)(1 << shard);
            File.WriteAllBytes(path, bytes);
            Assert.Contains($"shard-{shard:00000}", Assert.Throws<InterpException>(() => ActivationStore.Open(folders[shard % 2])).Message, StringComparison.Ordinal);

            var written = new ConcurrentBag<string>();
            Extract(model, folders, (to, tensors) =>
            {
                written.Add(to);
                return SafeTensorsWriter.BeginHashed(to, tensors);
            });
            Assert.Equal([path], written);
            Assert.Equal(whole, Files(folders));
        }
    }

    [Fact]
    public void A_repair_that_is_interrupted_loses_none_of_the_shards_behind_it()
    {
        using var model = Model();
        using var folder = new TemporaryFolder();
        var folders = Folders(folder);
        Extract(model, folders);
        var whole = Files(folders);
        foreach (var shard in new[] { 1, 5 })
            File.Delete(Path.Combine(folders[0], $"shard-{shard:00000}.safetensors"));
        Assert.Throws<InterpException>(() => Extract(model, folders, (path, tensors) => path.Contains("-00005", StringComparison.Ordinal)
            ? throw new InterpException("stopped")
            : SafeTensorsWriter.BeginHashed(path, tensors)));
        var written = new ConcurrentBag<string>();
        Extract(model, folders, (path, tensors) =>
        {
            written.Add(Path.GetFileName(path));
            return SafeTensorsWriter.BeginHashed(path, tensors);
        });
        Assert.Equal(["shard-00005.safetensors"], written);
        Assert.Equal(whole, Files(folders));
    }

    [Fact]
    public void A_full_disk_leaves_a_store_to_go_on_with_and_one_sentence()
    {
        using var model = Model();
        using var whole = new TemporaryFolder();
        using var full = new TemporaryFolder();
        Extract(model, Folders(whole));
        var first = Folders(full).Zip([4, 3], (folder, shards) => Path.Combine(folder, $"shard-{shards:00000}.safetensors")).ToHashSet();
        var error = Assert.Throws<InterpException>(() => Extract(model, Folders(full), (path, tensors) => first.Contains(path)
            ? (AtomicFile.Begin(path, stream =>
            {
                stream.Write(new byte[1000]);
                throw new IOException("No space left on device");
            }), "")
            : SafeTensorsWriter.BeginHashed(path, tensors)));
        Assert.Contains("No space left on device; the shards before it are safe in", error.Message, StringComparison.Ordinal);
        Assert.Single(error.Message.Split('\n'));
        Assert.Equal([4, 3], Folders(full).Select(folder => StoreManifest.Read(folder).Shards.Length));
        Assert.Empty(Directory.GetFiles(full.Path, "*.tmp", SearchOption.AllDirectories));
        Extract(model, Folders(full));
        Assert.Equal(Files(Folders(whole)), Files(Folders(full)));
    }

    [Fact]
    public void A_file_that_the_disk_has_no_room_for_is_refused_before_its_first_byte()
    {
        using var folder = new TemporaryFolder();
        var began = false;
        var error = Assert.Throws<InterpException>(() => AtomicFile.Begin(Path.Combine(folder.Path, "large"), _ => began = true, size: 1L << 60));
        Assert.Contains("large cannot be written", error.Message, StringComparison.Ordinal);
        Assert.False(began);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }
}
