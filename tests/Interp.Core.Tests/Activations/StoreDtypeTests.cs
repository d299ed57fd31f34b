using Interp.Activations;
using Interp.Core.Tests.Tokenization;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Activations;

public class StoreDtypeTests
{
    private static readonly ExtractionSpec Spec = new([HookPoint.ResidPost(1)], 3, "tokenizer", "corpus", null);

    private static TokenContexts Contexts() =>
        new(5, [.. Enumerable.Range(0, 33).Select(i => i * 7 % 100)], [.. Enumerable.Range(0, 33).Select(i => i / 10)]);

    [Theory]
    [InlineData(StoreDtype.BFloat16)]
    [InlineData(StoreDtype.Float16)]
    [InlineData(StoreDtype.Int8)]
    public void A_store_gives_the_rounded_numbers_and_says_what_was_lost(StoreDtype dtype)
    {
        using var folder = new TemporaryFolder();
        using var model = LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);
        string[] paths = [Path.Combine(folder.Path, "exact"), Path.Combine(folder.Path, "rounded")];
        Extraction.Run(model, CPU, Contexts(), Spec, [paths[0]]);
        Extraction.Run(model, CPU, Contexts(), Spec with { Dtype = dtype }, [paths[1]]);
        using var exact = ActivationStore.Open(paths[0]);
        using var rounded = ActivationStore.Open(paths[1]);
        var (error, norm) = (0.0, 0.0);
        for (var row = 0; row < 33; row++)
        {
            var (before, after) = (exact.Row(row), rounded.Row(row));
            Assert.Equal(Rounded(before, dtype), after);
            error += before.Zip(after).Sum(pair => Math.Pow((double)pair.First - pair.Second, 2));
            norm += before.Sum(value => (double)value * value);
        }
        Assert.Equal(error / norm, rounded.Manifest.RelativeError, 1e-12);
        Assert.InRange(rounded.Manifest.RelativeError, 1e-9, 1e-3);
        Assert.Equal(0, exact.Manifest.RelativeError);
    }

    [Fact]
    public void Every_finite_half_is_read_as_the_number_it_is()
    {
        ushort[] bits = [.. Enumerable.Range(0, 1 << 16).Select(i => (ushort)i).Where(i => Half.IsFinite(BitConverter.UInt16BitsToHalf(i)))];
        Assert.Equal(bits.Select(half => (float)BitConverter.UInt16BitsToHalf(half)), Decoded(bits, StoreDtype.Float16));
    }

    [Fact]
    public void Int8_keeps_rows_of_zeros_and_the_largest_magnitude()
    {
        using var scope = NewDisposeScope();
        var rows = tensor(new float[] { 0, 0, 0, -254, 1, 127 }, [2, 3]);
        var (elements, scales) = RowCodec.Encode(rows, StoreDtype.Int8);
        Assert.Equal([0, 2], TensorMemory.Span<float>(scales!).ToArray());
        Assert.Equal([0, 0, 0, -127, 0, 64], TensorMemory.Span<sbyte>(elements).ToArray());
    }

    [Fact]
    public void What_is_too_large_for_float16_is_refused()
    {
        using var scope = NewDisposeScope();
        var rows = tensor(new float[] { 1, 70_000 }, [1, 2]);
        Assert.Contains("bf16", Assert.Throws<InterpException>(() => RowCodec.Encode(rows, StoreDtype.Float16)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_name_is_one_sentence() =>
        Assert.Contains("f32, bf16, f16 or int8", Assert.Throws<InterpException>(() => StoreDtypes.Parse("f8")).Message, StringComparison.Ordinal);

    private static float[] Rounded(float[] row, StoreDtype dtype)
    {
        var scale = row.Max(Math.Abs) / 127;
        return [.. row.Select(value => dtype switch
        {
            StoreDtype.Float16 => (float)(Half)value,
            StoreDtype.BFloat16 => BFloat16(value),
            _ => MathF.Round(value / scale) * scale,
        })];
    }

    /// <summary>Rounds half to even in whole numbers of the lower 16 bits.</summary>
    private static float BFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }

    private static unsafe float[] Decoded(ushort[] bits, StoreDtype dtype)
    {
        var values = new float[bits.Length];
        fixed (ushort* start = bits)
            RowCodec.Decode(dtype, start, 1, values);
        return values;
    }
}
