using System.Diagnostics;
using System.Globalization;
using Interp.Core.Tests.Formats;
using Interp.Core.Tests.Tokenization;
using Interp.Hooks;
using Interp.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Models;

/// <summary>A file of Mistral-7B's shape in Q4_0, 4.1 GB of random weights, runs in 8 GB.</summary>
public sealed class GgufMemoryTests(ITestOutputHelper output)
{
    private const int Layers = 32, Width = 4096, MlpWidth = 14336, KeyWidth = 1024, Vocabulary = 32000, Tokens = 64;
    private const int BlocksAtOnce = 1 << 16;

    [Fact]
    [Trait("Category", "Slow")]
    public void A_model_of_seven_billion_weights_runs_in_eight_gigabytes()
    {
        using var temporary = new TemporaryFolder();
        var path = Path.Combine(temporary.Path, "model.gguf");
        using (var stream = File.Create(path))
            GgufWriter.Write(stream, Metadata(), Weights());
        using var noGrad = no_grad();
        var clock = Stopwatch.StartNew();
        using var model = LanguageModel.Load(path, CPU);
        output.WriteLine($"{new FileInfo(path).Length / 1e9:F2} GB, {model.Config.ParameterCount / 1e9:F2} billion weights, open after {clock.ElapsedMilliseconds} ms");
        using var memory = new MemoryWatch();
        using var tokens = randint(Vocabulary, [1, Tokens], dtype: ScalarType.Int64, device: CPU);
        using var one = tokens.narrow(1, 0, 1);
        Report($"{Tokens} tokens to block 15", () => model.Run(tokens, [HookPoint.ResidPost(15)], stopAfter: HookPoint.ResidPost(15)).Dispose());
        Report($"{Tokens} tokens to the logits", () =>
        {
            using var logits = model.Logits(tokens);
            Assert.True(logits.isfinite().all().ToBoolean());
        });
        Report("one token to the logits", () => model.Logits(one).Dispose());
        Assert.True(memory.Private < 2, $"{memory.Private} GB of private memory");
        Assert.True(MemoryWatch.Read("VmHWM") < 8);

        void Report(string what, Action run)
        {
            var before = Environment.CpuUsage.TotalTime;
            run();
            output.WriteLine($"{what}: {(Environment.CpuUsage.TotalTime - before).TotalSeconds:F1} s of processor time; "
                + $"peaks so far: private {memory.Private:F2} GB, file pages {memory.File:F2} GB, VmHWM {MemoryWatch.Read("VmHWM"):F2} GB");
        }
    }

    private static (string, object)[] Metadata() =>
    [
        ("general.architecture", "llama"), ("llama.block_count", (uint)Layers), ("llama.embedding_length", (uint)Width), ("llama.feed_forward_length", (uint)MlpWidth),
        ("llama.attention.head_count", 32u), ("llama.attention.head_count_kv", 8u), ("llama.context_length", 32768u), ("llama.attention.layer_norm_rms_epsilon", 1e-5f),
    ];

    private static List<GgufData> Weights()
    {
        var blocks = Blocks();
        GgufData Matrix(string name, long rows, long columns) =>
            new($"{name}.weight", 2, [rows, columns], rows * columns / 32 * 18, stream => Fill(stream, blocks, rows * columns / 32 * 18));
        GgufData Norm(string name) => GgufData.Of($"{name}.weight", [Width], Enumerable.Repeat(1f, Width).ToArray());
        return
        [
            Matrix("token_embd", Vocabulary, Width), Norm("output_norm"), Matrix("output", Vocabulary, Width),
            .. Enumerable.Range(0, Layers).SelectMany(layer => new[]
            {
                Norm($"blk.{layer}.attn_norm"), Matrix($"blk.{layer}.attn_q", Width, Width), Matrix($"blk.{layer}.attn_k", KeyWidth, Width),
                Matrix($"blk.{layer}.attn_v", KeyWidth, Width), Matrix($"blk.{layer}.attn_output", Width, Width), Norm($"blk.{layer}.ffn_norm"),
                Matrix($"blk.{layer}.ffn_gate", MlpWidth, Width), Matrix($"blk.{layer}.ffn_up", MlpWidth, Width), Matrix($"blk.{layer}.ffn_down", Width, MlpWidth),
            }),
        ];
    }

    /// <summary>Random nibbles under a scale that gives weights a standard deviation of about 0.01.</summary>
    private static byte[] Blocks()
    {
        var blocks = new byte[BlocksAtOnce * 18];
        new Random(1).NextBytes(blocks);
        for (var at = 0; at < blocks.Length; at += 18)
            BitConverter.TryWriteBytes(blocks.AsSpan(at), (Half)0.002f);
        return blocks;
    }

    private static void Fill(Stream stream, byte[] blocks, long count)
    {
        for (; count > 0; count -= blocks.Length)
            stream.Write(blocks, 0, (int)Math.Min(count, blocks.Length));
    }

    /// <summary>Watches the process's memory and keeps the largest figures, in GB; pages of mapped files count by themselves.</summary>
    private sealed class MemoryWatch : IDisposable
    {
        private readonly Timer timer;

        public MemoryWatch() => timer = new Timer(_ => Look(), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));

        public double Private { get; private set; }

        public double File { get; private set; }

        /// <summary>A figure of <c>/proc/self/status</c> in GB.</summary>
        public static double Read(string name) => double.Parse(
            System.IO.File.ReadLines("/proc/self/status").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..^3], CultureInfo.InvariantCulture) * 1024 / 1e9;

        public void Dispose() => timer.Dispose();

        private void Look() => (Private, File) = (Math.Max(Private, Read("RssAnon")), Math.Max(File, Read("RssFile")));
    }
}
