using System.Text;
using Interp.Formats;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Formats;

public sealed class GgufTests : IDisposable
{
    /// <summary>One F32 tensor of two values and two metadata pairs.</summary>
    private static readonly byte[] Tiny = GgufWriter.Write([("general.architecture", "llama"), ("answer", 42u)], GgufData.Of("x", [2], [1.5f, -2f]));

    private readonly string folder = Directory.CreateTempSubdirectory("interp-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Blocks_of_every_format_decode_to_the_golden_values()
    {
        var report = GgufVerification.Verify(Fixtures.Path("gguf"));
        string[] served = ["BF16", "F16", "Q2_K", "Q3_K", "Q4_0", "Q4_1", "Q4_K", "Q5_0", "Q5_1", "Q5_K", "Q6_K", "Q8_0"];
        Assert.Equal(served, report.Checks.Where(check => check.Passed).Select(check => check.Name));
        Assert.Empty(report.Notes);
    }

    [Theory]
    [InlineData("Q4_0.raw", 18, "which are no blocks of the 64 numbers")]
    [InlineData("Q4_0.blocks", 36, "holds no blocks")]
    public void Golden_blocks_that_do_not_fit_their_numbers_are_an_error(string name, int bytes, string says)
    {
        using var scope = NewDisposeScope();
        SafeTensorsWriter.Write(Path.Combine(folder, "blocks.safetensors"), new Dictionary<string, Tensor>
        {
            [name] = zeros(1, bytes, dtype: ScalarType.Byte, device: CPU),
            ["Q4_0.values"] = zeros(1, 64, device: CPU),
        });
        Assert.Contains(says, Assert.Throws<InterpException>(() => GgufVerification.Verify(folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8, 1UL << 60, "tensors")]
    [InlineData(16, 1UL << 60, "metadata pairs")]
    [InlineData(24, 1UL << 60, "bytes of a text")]
    [InlineData(4, 9UL, "version")]
    public void A_header_that_claims_too_much_is_refused_at_once(int offset, ulong value, string expected)
    {
        var bytes = Tiny.ToArray();
        if (offset == 4)
            BitConverter.TryWriteBytes(bytes.AsSpan(offset), (uint)value);
        else
            BitConverter.TryWriteBytes(bytes.AsSpan(offset), value);
        var error = Assert.Throws<InterpException>(() => Gguf.Open(Write("bad.gguf", bytes)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_truncation_and_every_flipped_byte_is_read_or_one_clear_error()
    {
        var whole = Tiny.ToArray();
        for (var length = 0; length <= whole.Length - 25; length++)
            Assert.Throws<InterpException>(() => Gguf.Open(Write("cut.gguf", whole[..length])).Dispose());
        for (var i = 0; i < whole.Length; i++)
        {
            var damaged = whole.ToArray();
            damaged[i] ^= 0x41;
            try
            {
                using var file = Gguf.Open(Write("flipped.gguf", damaged));
                foreach (var name in file.Tensors.Keys)
                    file.Load(name).Dispose();
            }
            catch (InterpException)
            {
                // The one kind of failure that is allowed.
            }
        }
    }

    private string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
