using System.Buffers.Binary;
using System.Text;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Formats;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("interp-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_back_in_order_with_its_types()
    {
        var path = Path.Combine(folder, "x.safetensors");
        using var scope = NewDisposeScope();
        var written = new Dictionary<string, Tensor>
        {
            ["b"] = arange(6, dtype: ScalarType.Float32, device: CPU).view(2, 3),
            ["a"] = tensor(new long[] { -1, 1L << 40 }, device: CPU),
            ["half"] = ones(3, dtype: ScalarType.BFloat16, device: CPU),
            ["none"] = zeros(0, 4, device: CPU),
            ["scalar"] = tensor(2.5, device: CPU),
        };
        SafeTensorsWriter.Write(path, written, new Dictionary<string, string> { ["format"] = "pt" });

        using var file = SafeTensors.Open(path);
        Assert.Equal(written.Keys, file.Entries.Keys);
        Assert.Equal("pt", file.Metadata["format"]);
        foreach (var (name, expected) in written)
        {
            using var view = file.View(name);
            Assert.Equal(expected.shape, view.shape);
            Assert.Equal(expected.dtype, view.dtype);
            Assert.True(expected.numel() == 0 || view.equal(expected).all().ToBoolean());
        }
    }

    [Fact]
    public void The_same_tensors_give_the_same_bytes()
    {
        using var x = ones(5, device: CPU);
        byte[] Write(string name)
        {
            var path = Path.Combine(folder, name);
            SafeTensorsWriter.Write(path, [new("x", x)]);
            return File.ReadAllBytes(path);
        }
        Assert.Equal(Write("one"), Write("two"));
        Assert.Equal(2, Directory.GetFiles(folder).Length);
    }

    [Theory]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "overlap")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "truncated")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "do not match")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}", 8, "do not match")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "whole number")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "out of range")]
    [InlineData("{\"x\":{\"dtype\":\"F77\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "F77")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "without dtype")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "twice")]
    [InlineData("{\"x\":", 8, "not JSON")]
    [InlineData("[]", 8, "not a JSON object")]
    [InlineData("{\"__metadata__\":{\"a\":1}}", 0, "not text")]
    public void A_malformed_header_is_one_clear_error(string header, int dataBytes, string expected)
    {
        var path = Path.Combine(folder, "bad.safetensors");
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)json.Length);
        json.CopyTo(bytes, 8);
        File.WriteAllBytes(path, bytes);
        var error = Assert.Throws<InterpException>(() => SafeTensors.Open(path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[0], "empty")]
    [InlineData(new byte[] { 1, 2, 3 }, "shorter")]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255 }, "claims a header")]
    [InlineData(new byte[] { 200, 0, 0, 0, 0, 0, 0, 0, 1 }, "truncated")]
    public void A_file_that_is_none_is_one_clear_error(byte[] bytes, string expected)
    {
        var path = Path.Combine(folder, "none.safetensors");
        File.WriteAllBytes(path, bytes);
        Assert.Contains(expected, Assert.Throws<InterpException>(() => SafeTensors.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Flipping_any_byte_of_a_header_never_does_worse_than_a_clear_error()
    {
        var path = Path.Combine(folder, "x.safetensors");
        using (var x = ones(2, 3, device: CPU))
            SafeTensorsWriter.Write(path, [new("weight", x)]);
        var whole = File.ReadAllBytes(path);
        for (var i = 0; i < whole.Length - 24; i++)
        {
            var damaged = whole.ToArray();
            damaged[i] ^= 0x15;
            File.WriteAllBytes(path, damaged);
            try
            {
                using var file = SafeTensors.Open(path);
                foreach (var name in file.Entries.Keys)
                    file.View(name).Dispose();
            }
            catch (InterpException)
            {
                // The one kind of failure that is allowed.
            }
        }
    }

    [Fact]
    public void A_missing_or_misshaped_tensor_is_named()
    {
        var path = Path.Combine(folder, "x.safetensors");
        using var x = ones(2, 3, device: CPU);
        SafeTensorsWriter.Write(path, [new("weight", x)]);
        using var file = SafeTensors.Open(path);
        Assert.Contains("nearest is 'weight'", Assert.Throws<InterpException>(() => file.View("weigth")).Message, StringComparison.Ordinal);
        Assert.Contains("[3, 2]", Assert.Throws<InterpException>(() => file.Require("weight", 3, 2)).Message, StringComparison.Ordinal);
        file.Require("weight", -1, 3);
    }
}
