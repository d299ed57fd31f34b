using System.Text.Json.Nodes;
using Interp.Autoencoders;
using Interp.Core.Tests.Tokenization;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

public class SaeFolderTests
{
    [Theory]
    [InlineData("saelens-topk")]
    [InlineData("saelens-topk-rescale")]
    [InlineData("saelens-topk-half")]
    [InlineData("saelens-topk-norm")]
    [InlineData("saelens-topk-trained")]
    [InlineData("saelens-standard")]
    [InlineData("saelens-standard-no-input-bias")]
    [InlineData("saelens-standard-layer-norm")]
    [InlineData("saelens-standard-expected-average")]
    [InlineData("saelens-jumprelu")]
    [InlineData("saelens-jumprelu-norm")]
    [InlineData("saelens-gated")]
    [InlineData("saelens-batchtopk")]
    [InlineData("saelens-matryoshka-batchtopk")]
    [InlineData("saelens-transcoder")]
    [InlineData("saelens-skip-transcoder")]
    public void A_folder_of_SAELens_computes_what_SAELens_computes(string name)
    {
        using var scope = NewDisposeScope();
        using var sae = SaeFolder.Read(Fixtures.Path("saes", name), CPU);
        using var golden = SafeTensors.Open(Fixtures.Path("saes", name, "golden.safetensors"));
        var expected = golden.Load("latents", ScalarType.Float32, CPU);
        var (latents, reconstruction) = sae.Run(golden.Load("x", ScalarType.Float32, CPU));
        var dense = latents.ToDense(sae.Latents);
        Assert.True((dense > 0).Equals(expected > 0));
        AssertClose(dense, expected);
        AssertClose(reconstruction, golden.Load("recon", ScalarType.Float32, CPU));
    }

    [Theory]
    [InlineData(InputNormalisation.None, true)]
    [InlineData(InputNormalisation.DatasetScale, true)]
    [InlineData(InputNormalisation.Centred, true)]
    [InlineData(InputNormalisation.Centred, false)]
    [InlineData(InputNormalisation.PerTokenLayerNorm, true)]
    [InlineData(InputNormalisation.PerTokenNorm, true)]
    public void What_is_written_computes_the_same_from_raw_activations(InputNormalisation kind, bool subtract)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var x = new SparseWorld(64, 20).Rows(0, 64);
        var plain = Samples.Autoencoder(80, 20, 6, type: ScalarType.Float32);
        using var sae = new SparseAutoencoder(plain.EncoderWeight, plain.EncoderBias, plain.DecoderWeight, plain.DecoderBias, 6, InputTransform.Fit(kind, x), subtractDecoderBias: subtract);
        var metadata = new SaeMetadata { ModelName = "world", HookName = "blocks.2.hook_resid_post", ContextSize = 128, PrependBos = true, L0 = 6, DeadLatents = 3, Provenance = new JsonObject { ["seed"] = 1 } };
        SaeFolder.Write(folder.Path, sae, metadata, x);
        using var read = SaeFolder.Read(folder.Path, CPU);
        Assert.Equal((sae.K, subtract), (read.K, read.SubtractDecoderBias));
        var (before, after) = (sae.Run(x), read.Run(x));
        Assert.InRange(Samples.Distance(after.Latents.ToDense(80), before.Latents.ToDense(80)), 0, 1e-5);
        Assert.InRange(Samples.Distance(after.Reconstruction, before.Reconstruction), 0, 1e-5);

        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder.Path, "cfg.json")))!;
        Assert.Equal("6.54.12", (string?)config["metadata"]!["sae_lens_version"]);
        Assert.Equal(6, (int?)config["k"]);
        var described = SaeFolder.ReadMetadata(folder.Path);
        Assert.Equal(metadata with { Provenance = null }, described with { Provenance = null });
        Assert.Equal(1, (int?)described.Provenance!["seed"]);
    }

    [Theory]
    [MemberData(nameof(Kinds.All), MemberType = typeof(Kinds))]
    public void Every_kind_computes_the_same_after_training_and_a_folder(string name)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var world = new SparseWorld(500, 16);
        var spec = new TrainingSpec { Kind = Kinds.Of(name), Latents = 64, K = 5, BatchSize = 50, LearningRate = new(2e-3), DecoderRule = DecoderRule.Free, Sparsity = new(0.01) };
        using var run = TrainingRun.Start(spec, world, CPU);
        Assert.True(run.Run(_ => { }));
        var x = world.Rows(0, 64);
        SaeFolder.Write(folder.Path, run.Trainer.Autoencoder, new SaeMetadata { L0 = 5 }, x);
        using var read = SaeFolder.Read(folder.Path, CPU);
        var (before, after) = (run.Trainer.Autoencoder.Run(x), read.Run(x));
        Assert.InRange(Samples.Distance(after.Latents.ToDense(64), before.Latents.ToDense(64)), 0, 1e-5);
        Assert.InRange(Samples.Distance(after.Reconstruction, before.Reconstruction), 0, 1e-5);
        Assert.InRange((after.Latents.Values > 0).sum().ToInt64() / 64.0, 0.5, 64);
    }

    [Fact]
    public void Writing_twice_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        using var sae = Samples.Autoencoder(32, 8, 3, type: ScalarType.Float32);
        using var x = new SparseWorld(16, 8).Rows(0, 16);
        foreach (var name in new[] { "a", "b" })
            SaeFolder.Write(Path.Combine(folder.Path, name), sae, new SaeMetadata(), x);
        foreach (var file in Directory.GetFiles(Path.Combine(folder.Path, "a")))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(file.Replace("/a/", "/b/")));
    }

    [Fact]
    public void Altered_weights_are_found_by_the_probe()
    {
        using var folder = new TemporaryFolder();
        using var sae = Samples.Autoencoder(32, 8, 3, type: ScalarType.Float32);
        using var other = Samples.Autoencoder(32, 8, 3, type: ScalarType.Float32, seed: 6);
        using var x = new SparseWorld(16, 8).Rows(0, 16);
        SaeFolder.Write(folder.Path, sae, new SaeMetadata(), x);
        var probe = File.ReadAllText(Path.Combine(folder.Path, "interp.json"));
        SaeFolder.Write(folder.Path, other, new SaeMetadata(), x);
        folder.Write("interp.json", probe);
        Assert.Contains("probe batch", Assert.Throws<InterpException>(() => SaeFolder.Read(folder.Path, CPU)).Message);
    }

    [Theory]
    [InlineData("{", "cannot be read as JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{\"architecture\":\"temporal\"}", "'temporal'")]
    [InlineData("{\"architecture\":\"topk\",\"d_in\":8,\"d_sae\":1e99,\"k\":3}", "'d_sae'")]
    [InlineData("{\"architecture\":\"topk\",\"d_in\":8,\"d_sae\":32,\"k\":2.5}", "'k'")]
    [InlineData("{\"architecture\":\"topk\",\"d_in\":8,\"d_sae\":32,\"k\":33}", "K is 33")]
    [InlineData("{\"architecture\":\"topk\",\"d_in\":9,\"d_sae\":32,\"k\":3}", "shape")]
    [InlineData("{\"architecture\":\"topk\",\"k\":3,\"normalize_activations\":\"whitening\"}", "'whitening'")]
    [InlineData("{\"architecture\":\"topk\",\"k\":3,\"k\":4}", "cannot be read as JSON")]
    public void A_malformed_config_is_one_clear_sentence(string config, string part)
    {
        using var folder = new TemporaryFolder();
        using var sae = Samples.Autoencoder(32, 8, 3, type: ScalarType.Float32);
        SaeFolder.Write(folder.Path, sae, new SaeMetadata());
        folder.Write("cfg.json", config);
        Assert.Contains(part, Assert.Throws<InterpException>(() => SaeFolder.Read(folder.Path, CPU)).Message);
    }

    private static void AssertClose(Tensor found, Tensor expected) =>
        Assert.InRange(((found - expected).abs() - 1e-5 * expected.abs()).max().ToDouble(), double.NegativeInfinity, 1e-5);
}
