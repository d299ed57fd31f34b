using Interp.Core.Tests.Tokenization;
using Interp.Features;
using Interp.Hooks;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class MicroscopeTests
{
    private const string Sentence = "The black cat sleeps under the old table.";

    /// <summary>The dense encoder by its formula, in float64, from the logged residual stream.</summary>
    [Fact]
    public void A_reading_is_the_encoders_formula_on_the_hooks_rows()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (microscope, sae) = (World.Microscope, World.Microscope.Sae);
        var reading = microscope.Read(Sentence);
        long[] ids = [microscope.BosId!.Value, .. reading.Ids.Select(id => (long)id)];
        using var run = microscope.Model.Run(tensor(ids, [1, ids.Length]), [microscope.Hook]);
        var x = run[microscope.Hook][0].to(ScalarType.Float64);
        var unit = (x - x.mean([1], keepdim: true)) / (x.std(1, unbiased: true, keepdim: true) + 1e-5);
        Tensor Wide(Tensor tensor) => tensor.to(ScalarType.Float64);
        var dense = (unit - Wide(sae.DecoderBias)).mm(Wide(sae.EncoderWeight).t()) + Wide(sae.EncoderBias);
        for (var token = 0; token < reading.Ids.Count; token++)
        {
            var row = dense[token + 1].data<double>().ToArray();
            var expected = Enumerable.Range(0, row.Length).OrderByDescending(latent => row[latent]).Take(sae.K).Where(latent => row[latent] > 0).ToArray();
            Assert.Equal(expected, reading.LatentsAt(token).ToArray());
            Assert.All(expected.Zip(reading.ValuesAt(token).ToArray()), pair => Assert.Equal(row[pair.First], pair.Second, 1e-4));
            Assert.Equal(x[token + 1].norm().ToDouble(), reading.Norms[token], 1e-4);
        }
        Assert.Equal(Sentence, string.Concat(reading.Tokens));
    }

    [Fact]
    public void A_text_is_read_the_same_alone_and_among_others()
    {
        string[] texts = [Sentence, "", "Anna went home.", "A", "Peter went home.", Sentence, "It rained all day in the old town, and nobody came.", "Maria went home."];
        var together = World.Microscope.Read(texts);
        for (var i = 0; i < texts.Length; i++)
        {
            var alone = World.Microscope.Read(texts[i]);
            Assert.Equal(texts[i], together[i].Text);
            Assert.Equal(alone.Ids, together[i].Ids);
            for (var token = 0; token < alone.Ids.Count; token++)
            {
                Assert.Equal(alone.LatentsAt(token).ToArray(), together[i].LatentsAt(token).ToArray());
                Assert.Equal(alone.ValuesAt(token).ToArray(), together[i].ValuesAt(token).ToArray());
            }
        }
        Assert.Empty(together[1].Ids);
        Assert.True(together[1].Fired.IsEmpty);
    }

    [Fact]
    public void Values_and_peaks_agree_with_the_tokens()
    {
        var reading = World.Microscope.Read(Sentence);
        var latents = Enumerable.Range(0, reading.Ids.Count).SelectMany(token => reading.LatentsAt(token).ToArray()).Distinct().Order().ToArray();
        Assert.Equal(latents, reading.Fired.ToArray());
        foreach (var latent in latents)
        {
            var values = reading.ValuesOf(latent);
            Assert.Equal(values.Max(), reading.PeakOf(latent));
            Assert.Equal(values.Count(value => value > 0), Enumerable.Range(0, values.Length).Count(token => reading.LatentsAt(token).Contains(latent)));
        }
        var silent = Enumerable.Range(0, World.Microscope.Sae.Latents).First(latent => !latents.Contains(latent));
        Assert.Equal(0, reading.PeakOf(silent));
        Assert.All(reading.ValuesOf(silent), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Special_tokens_are_neither_shown_in_front_nor_read()
    {
        var plain = World.Microscope.Read("Anna went home.");
        Assert.DoesNotContain(World.Microscope.BosId!.Value, plain.Ids);
        Assert.Equal([World.Microscope.BosId.Value, .. plain.Ids], World.Microscope.IdsOf("Anna went home."));
        var spelled = World.Microscope.Read("Anna</s> went home.");
        var end = Enumerable.Range(0, spelled.Ids.Count).Single(token => World.Microscope.Tokenizer.IsSpecial(spelled.Ids[token]));
        Assert.Equal("</s>", spelled.Tokens[end]);
        Assert.True(spelled.LatentsAt(end).IsEmpty);
        Assert.Equal("Anna</s> went home.", string.Concat(spelled.Tokens));
        var begun = World.Microscope.IdsOf("<s>Anna went home.");
        Assert.Single(begun, id => id == World.Microscope.BosId);
        Assert.Equal([World.Microscope.BosId.Value], World.Microscope.IdsOf(""));
    }

    /// <summary>prepend_bos of the folder decides; without it the tokenizer does.</summary>
    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("null", true)]
    public void The_folder_says_whether_texts_begin_with_bos(string prepend, bool begins)
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(World.Sae))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        var config = Path.Combine(folder.Path, "cfg.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"prepend_bos\": true", $"\"prepend_bos\": {prepend}", StringComparison.Ordinal));
        using var microscope = Microscope.Open(World.Model, folder.Path);
        Assert.Equal(begins, microscope.BosId is not null);
        Assert.Equal(HookPoint.ResidPost(1), microscope.Hook);
    }

    [Fact]
    public void What_cannot_be_read_is_said_in_a_sentence()
    {
        var longText = string.Concat(Enumerable.Repeat("cat ", 300));
        Assert.Contains("context has 256", Assert.Throws<InterpException>(() => World.Microscope.Read(longText)).Message, StringComparison.Ordinal);
        Assert.Contains("16", Assert.Throws<InterpException>(() => Microscope.Open(World.Model, World.Sae, hook: HookPoint.ResidPost(16))).Message, StringComparison.Ordinal);
        Assert.Contains("448", Assert.Throws<InterpException>(() => Microscope.Open(World.Model, World.Sae, hook: HookPoint.Parse("blocks.2.mlp.hook_post"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Threads_read_at_once_and_leave_no_tensors_behind()
    {
        var texts = Enumerable.Range(0, 24).Select(i => $"Anna has {i} cats and {i + 2} dogs.").ToArray();
        var alone = texts.Select(text => World.Microscope.Read(text).Peaks.ToArray()).ToArray();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        World.Microscope.Read(texts);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        var atOnce = new float[texts.Length][];
        Parallel.For(0, texts.Length, i => atOnce[i] = World.Microscope.Read(texts[i]).Peaks.ToArray());
        Assert.Equal(alone, atOnce);
    }
}
