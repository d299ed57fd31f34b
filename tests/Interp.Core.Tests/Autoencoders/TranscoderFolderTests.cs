using System.Text.Json.Nodes;
using Interp.Activations;
using Interp.Autoencoders;
using Interp.Core.Tests.Tokenization;
using Interp.Inspection;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

public class TranscoderFolderTests
{
    [Theory]
    [InlineData(false, InputNormalisation.None)]
    [InlineData(false, InputNormalisation.Centred)]
    [InlineData(false, InputNormalisation.PerTokenLayerNorm)]
    [InlineData(false, InputNormalisation.PerTokenNorm)]
    [InlineData(true, InputNormalisation.None)]
    [InlineData(true, InputNormalisation.DatasetScale)]
    [InlineData(true, InputNormalisation.Centred)]
    public void What_is_written_computes_the_same_from_raw_activations(bool skip, InputNormalisation normalisation)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var run = Trained(skip, normalisation, out var source, out var target);
        var (probe, wanted) = (source.Rows(0, 64), target.Rows(0, 64));
        var metadata = new SaeMetadata { HookName = "blocks.1.ln2.hook_normalized", TargetHookName = "blocks.1.hook_mlp_out" };
        SaeFolder.Write(folder.Path, run.Trainer.Autoencoder, metadata, probe, wanted);

        using var read = SaeFolder.Read(folder.Path, CPU);
        Assert.Equal((16, 10, 5), (read.Width, read.OutputWidth, read.K));
        var (before, after) = (run.Trainer.Autoencoder.Run(probe), read.Run(probe));
        Assert.InRange(Samples.Distance(after.Latents.ToDense(64), before.Latents.ToDense(64)), 0, 1e-5);
        Assert.InRange(Samples.Distance(after.Reconstruction, before.Reconstruction), 0, 1e-5);
        Assert.Equal(metadata, SaeFolder.ReadMetadata(folder.Path));

        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder.Path, "cfg.json")))!;
        Assert.Equal(skip ? "skip_transcoder" : "transcoder", (string?)config["architecture"]);
        Assert.Equal((10, 5, false), ((int?)config["d_out"], (int?)config["k"], (bool?)config["apply_b_dec_to_input"]));
        Assert.Equal("blocks.1.hook_mlp_out", (string?)config["metadata"]!["hook_name_out"]);

        var found = Inspector.Inspect(folder.Path);
        Assert.Equal(("transcoder", true), (found.Kind, found.Passed));
        Assert.Equal("blocks.1.hook_mlp_out", (string?)found.Facts["target"]);
    }

    [Fact]
    public void The_probe_finds_an_altered_target()
    {
        using var folder = new TemporaryFolder();
        using var run = Trained(true, InputNormalisation.Centred, out var source, out var target);
        using var probe = source.Rows(0, 64);
        using var wanted = target.Rows(0, 64);
        using var other = target.Rows(64, 64);
        SaeFolder.Write(folder.Path, run.Trainer.Autoencoder, new SaeMetadata(), probe, wanted);
        var expected = File.ReadAllText(Path.Combine(folder.Path, "interp.json"));
        SaeFolder.Write(folder.Path, run.Trainer.Autoencoder, new SaeMetadata(), probe, other);
        folder.Write("interp.json", expected);
        Assert.Contains("probe batch", Assert.Throws<InterpException>(() => SaeFolder.Read(folder.Path, CPU)).Message);
    }

    [Fact]
    public void A_skip_connection_past_a_normalisation_per_token_has_no_place_in_a_folder()
    {
        using var folder = new TemporaryFolder();
        using var run = Trained(true, InputNormalisation.PerTokenLayerNorm, out _, out _);
        Assert.Contains("skip transcoder", Assert.Throws<InterpException>(() => SaeFolder.Write(folder.Path, run.Trainer.Autoencoder, new SaeMetadata())).Message);
    }

    [Fact]
    public void A_probe_without_its_target_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var run = Trained(false, InputNormalisation.None, out var source, out _);
        using var probe = source.Rows(0, 64);
        Assert.Contains("give its target", Assert.Throws<InterpException>(() => SaeFolder.Write(folder.Path, run.Trainer.Autoencoder, new SaeMetadata(), probe)).Message);
    }

    private static TrainingRun Trained(bool skip, InputNormalisation normalisation, out SparseWorld source, out SparseWorld target)
    {
        (source, target) = (new SparseWorld(500, 16), new SparseWorld(500, 10));
        var spec = new TrainingSpec { Kind = new TranscoderDictionary(skip), Normalisation = normalisation, Latents = 64, K = 5, BatchSize = 50, LearningRate = new(2e-3) };
        var run = TrainingRun.Start(spec, source, CPU, target: target);
        Assert.True(run.Run(_ => { }));
        return run;
    }
}
