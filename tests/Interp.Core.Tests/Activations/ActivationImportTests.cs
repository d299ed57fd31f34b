using System.Runtime.InteropServices;
using System.Text;
using Interp.Activations;
using Interp.Core.Tests.Formats;
using Interp.Core.Tests.Tokenization;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Activations;

public class ActivationImportTests
{
    private const string Hook = "blocks.16.hook_resid_post";

    private static float[] Numbers(int count, int from = 0) => [.. Enumerable.Range(from, count).Select(i => i * 0.5f)];

    /// <summary>A file as NumPy writes it.</summary>
    private static string Numpy<T>(TemporaryFolder folder, string name, string descriptor, string shape, T[] values, string order = "False") where T : unmanaged
    {
        var path = Path.Combine(folder.Path, name);
        var header = $"{{'descr': '{descriptor}', 'fortran_order': {order}, 'shape': ({shape}), }}".PadRight(117) + "\n";
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(header), .. MemoryMarshal.AsBytes(values.AsSpan())]);
        return path;
    }

    private static ActivationStore Imported(TemporaryFolder folder, string[] files, int? context = null, string? ids = null, StoreDtype dtype = StoreDtype.Float32)
    {
        var store = Path.Combine(folder.Path, "store");
        ActivationImport.Run(files, Hook, store, dtype, context, ids);
        return ActivationStore.Open(store);
    }

    private static float[] All(ActivationStore store) => [.. Enumerable.Range(0, (int)store.Count).SelectMany(store.Row)];

    [Fact]
    public void A_NumPy_array_of_texts_with_its_token_ids()
    {
        using var folder = new TemporaryFolder();
        using var store = Imported(folder, [Numpy(folder, "x.npy", "<f4", "2, 3, 4", Numbers(24))], ids: Numpy(folder, "ids.npy", "<i8", "2, 3", new long[] { 5, 6, 7, 5, 8, 9 }));
        Assert.Equal(Numbers(24), All(store));
        Assert.Equal((6, 4, 3), (store.Count, store.Width, store.Contexts.Length));
        Assert.Equal([5, 6, 7, 5, 8, 9], store.Contexts.Tokens.ToArray());
        Assert.Equal([0, 0, 0, 1, 1, 1], store.Contexts.Documents.ToArray());
        Assert.Equal((Hook, ActivationImport.Unknown), (store.Manifest.Hook, store.Manifest.Model));
        Assert.False(store.Manifest.WithoutTokens);
    }

    [Fact]
    public void Token_ids_may_be_unsigned()
    {
        using var folder = new TemporaryFolder();
        int[] Ids<T>(string descriptor, params T[] ids) where T : unmanaged
        {
            var path = Path.Combine(folder.Path, "store");
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            using var store = Imported(folder, [Numpy(folder, "x.npy", "<f4", "2, 4", Numbers(8))], ids: Numpy(folder, "ids.npy", descriptor, "2,", ids));
            return store.Contexts.Tokens.ToArray();
        }
        Assert.Equal([40_000, 65_535], Ids("<u2", (ushort)40_000, ushort.MaxValue));
        Assert.Equal([1, 2_000_000_000], Ids("<u4", 1u, 2_000_000_000u));
        Assert.Equal([3, 4], Ids("<u8", 3ul, 4ul));
        Assert.Equal([200, 255], Ids("|u1", (byte)200, byte.MaxValue));
        Assert.Contains("4294967295", Assert.Throws<InterpException>(() => Ids("<u4", 1u, uint.MaxValue)).Message, StringComparison.Ordinal);
        Assert.Contains("token id -1", Assert.Throws<InterpException>(() => Ids("<u8", 1ul, ulong.MaxValue)).Message, StringComparison.Ordinal);
        Assert.Contains("whole numbers are needed", Assert.Throws<InterpException>(() => Ids("<f4", 1f, 2f)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_arrays_of_half_precision_without_token_ids()
    {
        using var folder = new TemporaryFolder();
        Half[] halves = [.. Numbers(8).Select(value => (Half)value)];
        using var store = Imported(folder, [Numpy(folder, "a.npy", "<f2", "2, 4", halves), Numpy(folder, "b.npy", "<f4", "4, 4", Numbers(16, 8))], context: 2);
        Assert.Equal(Numbers(24), All(store));
        Assert.True(store.Manifest.WithoutTokens);
        Assert.Equal([0, 0, 1, 1, 2, 2], store.Contexts.Documents.ToArray());
    }

    [Fact]
    public void A_safetensors_file_with_its_token_ids()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "x.safetensors");
        SafeTensorsWriter.Write(path, new Dictionary<string, Tensor> { ["activations"] = tensor(Numbers(12), [3, 4]), ["input_ids"] = tensor(new long[] { 3, 2, 1 }) });
        using var store = Imported(folder, [path], dtype: StoreDtype.BFloat16);
        Assert.Equal(Numbers(12), All(store));
        Assert.Equal([3, 2, 1], store.Contexts.Tokens.ToArray());
        Assert.Equal("bfloat16", store.Manifest.Dtype);
    }

    [Fact]
    public void The_original_works_lists_of_tensors()
    {
        using var folder = new TemporaryFolder();
        string Batch(int number, params Action<TorchFile>[] items)
        {
            var path = Path.Combine(folder.Path, $"residual_data_batch_{number}.pt");
            new TorchFile().List(items).Save(path);
            return path;
        }
        var files = new[]
        {
            Batch(0, file => file.Tensor("FloatStorage", Numbers(12), [1, 3, 4]), file => file.Tensor("FloatStorage", Numbers(8, 12), [2, 4])),
            Batch(1, file => file.List(inner => inner.Tensor("FloatStorage", Numbers(4, 20), [1, 1, 4]))),
        };
        using var store = Imported(folder, files);
        Assert.Equal(Numbers(24), All(store));
        Assert.Equal([0, 0, 0, 1, 1, 2], store.Contexts.Documents.ToArray());
        Assert.Equal([(0, 3), (3, 2), (5, 1)], Enumerable.Range(0, store.Contexts.Count).Select(text => store.Contexts.RowsOf(text)));
        using var shard = SafeTensors.Open(Path.Combine(folder.Path, "store", "shard-00000.safetensors"));
        Assert.Equal([0, 1, 2, 0, 1, 0], TensorMemory.Span<int>(shard.View("position")).ToArray());
    }

    [Fact]
    public void Lists_of_records_with_text_and_token_ids()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "x.pt");
        new TorchFile().List(
            file => file.Fields(
                ("text", value => value.Text("a b")),
                ("input_ids", value => value.Tensor<long>("LongStorage", [11, 12], [1, 2])),
                ("residual", value => value.Tensor("FloatStorage", Numbers(8), [1, 2, 4]))),
            file => file.Fields(
                ("residual", value => value.Tensor("FloatStorage", Numbers(8, 8), [2, 4])),
                ("input_ids", value => value.List(id => id.Whole(13), id => id.Whole(14))))).Save(path);
        using var store = Imported(folder, [path]);
        Assert.Equal(Numbers(16), All(store));
        Assert.Equal([11, 12, 13, 14], store.Contexts.Tokens.ToArray());
        Assert.Equal(2, store.Contexts.Length);
    }

    [Fact]
    public void An_export_is_what_NumPy_writes_and_imports_to_the_same_numbers()
    {
        using var folder = new TemporaryFolder();
        using var store = Imported(folder, [Numpy(folder, "x.npy", "<f4", "5, 4", Numbers(20))]);
        var path = Path.Combine(folder.Path, "y.npy");
        ActivationExport.WriteNpy(store, path);
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder.Path, "x.npy")), File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData("<f4", "2, 4", "True", "column-major")]
    [InlineData(">f4", "2, 4", "False", "'>f4', which is not served")]
    [InlineData("<f4", "3, 4", "False", "truncated or damaged")]
    [InlineData("<f4", "99999999999, 99999999999", "False", "which is none")]
    [InlineData("<i4", "2, 4", "False", "activations are real numbers")]
    [InlineData("<u4", "2, 4", "False", "activations are real numbers")]
    [InlineData("<f4", "8,", "False", "holds 8 numbers in a row")]
    public void What_is_no_array_of_activations_is_one_sentence(string descriptor, string shape, string order, string message)
    {
        using var folder = new TemporaryFolder();
        var path = Numpy(folder, "x.npy", descriptor, shape, Numbers(8), order);
        Assert.Contains(message, Assert.Throws<InterpException>(() => Imported(folder, [path])).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "store")));
    }

    [Fact]
    public void Widths_that_differ_numbers_that_are_not_finite_and_too_few_ids_are_refused()
    {
        using var folder = new TemporaryFolder();
        string Error(string[] files, string? ids = null) => Assert.Throws<InterpException>(() => Imported(folder, files, ids: ids)).Message;
        var narrow = Numpy(folder, "a.npy", "<f4", "4, 2", Numbers(8));
        var wide = Numpy(folder, "b.npy", "<f4", "2, 4", Numbers(8));
        Assert.Contains("width 2 and of width 4", Error([narrow, wide]), StringComparison.Ordinal);
        Assert.Contains("not all finite", Error([Numpy(folder, "c.npy", "<f4", "1, 2", [1, float.NaN])]), StringComparison.Ordinal);
        Assert.Contains("2 token ids for 4 tokens", Error([narrow], Numpy(folder, "i.npy", "<i4", "2,", new[] { 1, 2 })), StringComparison.Ordinal);
        Assert.Contains("There is no file", Error([Path.Combine(folder.Path, "none.npy")]), StringComparison.Ordinal);
    }
}
