using Interp.Activations;
using Interp.Core.Tests.Models;
using Interp.Core.Tests.Tokenization;
using Interp.Formats;
using Interp.Hooks;
using Interp.Inspection;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Activations;

public sealed class ActivationVerificationTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public ActivationVerificationTests()
    {
        using var model = FixtureModels.Load("mistral-window", ScalarType.Float32);
        var contexts = new TokenContexts(5, [.. Enumerable.Range(0, 33).Select(i => i * 7 % 100)], [.. Enumerable.Range(0, 33).Select(i => i / 10)]);
        HookPoint[] hooks = [HookPoint.ResidPost(0), HookPoint.ResidPost(1)];
        Extraction.Run(model, CPU, contexts, new ExtractionSpec(hooks, 3, "tokenizer", "corpus", null) { Dtype = StoreDtype.Int8 }, [.. hooks.Select(hook => Child(hook.ToString()))]);
    }

    private string Store => Child("blocks.0.hook_resid_post");

    private string Shard => Path.Combine(Store, "shard-00000.safetensors");

    private string Manifest => Path.Combine(Store, "manifest.json");

    [Fact]
    public void A_sound_store_passes_every_check()
    {
        var report = ActivationVerification.Verify(Store);
        Assert.True(report.Passed);
        Assert.Equal(["manifest", "shard-00000.safetensors", "shard-00000.safetensors: not finite", "tokens and documents"], report.Checks.Select(check => check.Name));
        Assert.Empty(report.Notes);
    }

    [Fact]
    public void A_flipped_bit_is_a_failed_check_of_its_shard()
    {
        var bytes = File.ReadAllBytes(Shard);
        bytes[^1] ^= 1;
        File.WriteAllBytes(Shard, bytes);
        Fails("shard-00000.safetensors", "checksum differs");
    }

    [Fact]
    public void A_missing_shard_is_a_failed_check()
    {
        File.Delete(Shard);
        Fails("shard-00000.safetensors", "is missing");
    }

    [Fact]
    public void A_number_that_is_not_finite_fails_though_its_checksum_is_right()
    {
        Rewrite(tensors => tensors["scale"][7] = float.NaN);
        Assert.Equal(1, Failed("shard-00000.safetensors: not finite").Error);
    }

    [Fact]
    public void Other_tokens_than_those_of_the_manifest_fail_though_the_checksum_is_right()
    {
        Rewrite(tensors => tensors["token_ids"][7] = 1);
        Fails("tokens and documents", "not those that its manifest names");
    }

    [Fact]
    public void A_store_under_way_and_a_manifest_that_contradicts_itself_fail()
    {
        Edit("\"complete\": true", "\"complete\": false");
        Fails("manifest", "goes on where it stopped");
        Edit("\"rows\": 33", "\"rows\": 34");
        Fails("manifest", "contradict");
        File.Delete(Manifest);
        Assert.Throws<InterpException>(() => ActivationVerification.Verify(Store));
    }

    [Fact]
    public void The_stores_of_a_name_are_inspected_together()
    {
        var found = Inspector.Inspect(folder.Path);
        Assert.True(found.Passed);
        Assert.Equal(["blocks.0.hook_resid_post", "blocks.1.hook_resid_post"], found.Facts.Select(fact => fact.Key));
        Assert.Equal(33, found.Facts["blocks.1.hook_resid_post"]!["tokens"]!.GetValue<long>());
        Rewrite(tensors => tensors["scale"][7] = float.NaN);
        Assert.Equal(new Dictionary<string, long> { ["blocks.0.hook_resid_post scale"] = 1 }, Inspector.Inspect(folder.Path).NotFinite);
    }

    public void Dispose() => folder.Dispose();

    private string Child(string name) => Path.Combine(folder.Path, name);

    private void Fails(string check, string note)
    {
        Assert.Equal(1, Failed(check).Error);
        Assert.Contains(ActivationVerification.Verify(Store).Notes, text => text.Contains(note, StringComparison.Ordinal));
    }

    private VerifyCheck Failed(string name)
    {
        var failed = Assert.Single(ActivationVerification.Verify(Store).Checks, check => !check.Passed);
        Assert.Equal(name, failed.Name);
        return failed;
    }

    private void Edit(string from, string to)
    {
        var text = File.ReadAllText(Manifest);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(Manifest, text.Replace(from, to, StringComparison.Ordinal));
    }

    /// <summary>Changes the tensors of the shard, and its checksum in the manifest with them.</summary>
    private void Rewrite(Action<Dictionary<string, Tensor>> change)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors;
        using (var file = SafeTensors.Open(Shard))
            tensors = file.Entries.Keys.ToDictionary(name => name, name => file.View(name).clone());
        change(tensors);
        var before = ActivationStore.ChecksumOf(Shard);
        SafeTensorsWriter.Write(Shard, tensors);
        Edit(before, ActivationStore.ChecksumOf(Shard));
    }
}
