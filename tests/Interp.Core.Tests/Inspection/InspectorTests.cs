using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Interp.Core.Tests.Models;
using Interp.Core.Tests.Tokenization;
using Interp.Formats;
using Interp.Inspection;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Inspection;

public class InspectorTests
{
    private static string World
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!Directory.Exists(Path.Combine(folder, "assets", "world")))
                folder = Path.GetDirectoryName(folder)!;
            return Path.Combine(folder, "assets", "world");
        }
    }

    [Fact]
    public void A_model_folder_is_described()
    {
        var found = Inspector.Inspect(World);
        Assert.True(found.Passed);
        Assert.Equal("Hugging Face model", found.Kind);
        Assert.Equal(1891200, found.Facts["parameters"]!.GetValue<long>());
        Assert.Equal(27, found.Facts["tensors"]!.GetValue<int>());
        Assert.Empty(found.Facts["not_needed"]!.AsArray());
        Assert.Equal(3671, found.Facts["tokenizer"]!["vocabulary"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("mistral-window", 4)]
    [InlineData("qwen2", 1)]
    public void Only_the_files_of_the_model_count_as_its_weights(string folder, int files)
    {
        using var copy = new TemporaryFolder();
        FixtureModels.Copy(folder, copy.Path, _ => { });
        SafeTensorsWriter.Write(Path.Combine(copy.Path, "consolidated.safetensors"), new Dictionary<string, Tensor> { ["bad"] = full([2], float.NaN, device: CPU) });
        var found = Inspector.Inspect(copy.Path);
        Assert.True(found.Passed);
        Assert.Equal(files, found.Facts["weight_files"]!.AsArray().Count);
        Assert.All(found.Facts["weight_files"]!.AsArray(), file => Assert.StartsWith("model", file!.GetValue<string>(), StringComparison.Ordinal));
        Assert.Empty(found.Facts["not_needed"]!.AsArray());
    }

    [Fact]
    public void Values_that_are_not_finite_are_counted_by_tensor()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "x.safetensors");
        SafeTensorsWriter.Write(path, new Dictionary<string, Tensor>
        {
            ["fine"] = ones(3, device: CPU),
            ["bad"] = tensor(new[] { 1f, float.NaN, float.PositiveInfinity }, [3], device: CPU),
        });
        var found = Inspector.Inspect(path);
        Assert.False(found.Passed);
        Assert.Equal(new Dictionary<string, long> { ["bad"] = 2 }, found.NotFinite);
    }

    [Fact]
    public void A_text_is_counted()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "x.jsonl");
        File.WriteAllText(path, "{\"body\":\"abc\"}\n{\"body\":\"\"}\n");
        var facts = Inspector.Inspect(path, "body").Facts;
        Assert.Equal((2, 3, 1), (facts["documents"]!.GetValue<long>(), facts["characters"]!.GetValue<long>(), facts["empty_documents"]!.GetValue<long>()));
    }

    public static TheoryData<string, byte[]> HostileFiles => new()
    {
        { "length.safetensors", SafeTensorsFile("{}", length: 1UL << 60) },
        { "deep.safetensors", SafeTensorsFile(new string('[', 200_000)) },
        { "objects.safetensors", SafeTensorsFile(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))) },
        { "overlap.safetensors", SafeTensorsFile("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12) },
        { "huge.safetensors", SafeTensorsFile("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,16]}}", 16) },
        { "negative.safetensors", SafeTensorsFile("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1,-4],\"data_offsets\":[0,16]}}", 16) },
        { "twice.safetensors", SafeTensorsFile("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4) },
        { "type.safetensors", SafeTensorsFile("{\"a\":{\"dtype\":\"Q9\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4) },
        { "empty.safetensors", [] },
        { "garbage.gguf", [.. Enumerable.Range(0, 4000).Select(i => (byte)(i * 7919 >> 3))] },
        { "tensors.gguf", GgufFile(1UL << 60, 0, []) },
        { "pairs.gguf", GgufFile(0, 1UL << 60, []) },
        { "text.gguf", GgufFile(0, 1, Number(1UL << 60)) },
        { "array.gguf", GgufFile(0, 1, [.. Text("k"), .. Word(9), .. Word(8), .. Number(1UL << 60)]) },
        { "nested.gguf", GgufFile(0, 1, [.. Text("k"), .. Word(9), .. Enumerable.Range(0, 5000).SelectMany(_ => Word(9).Concat(Number(1)))]) },
        { "alignment.gguf", GgufFile(0, 1, [.. Text("general.alignment"), .. Word(4), .. Word(0)]) },
        { "bomb.jsonl.gz", Bomb() },
        { "garbage.jsonl.gz", [1, 2, 3] },
        { "empty.txt", [] },
        { "list.jsonl", "[1]"u8.ToArray() },
        { "no-model.json", "{}"u8.ToArray() },
        { "other.bin", [1] },
    };

    [Theory]
    [MemberData(nameof(HostileFiles))]
    public void A_hostile_file_is_one_sentence_within_seconds(string name, byte[] content)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, name);
        File.WriteAllBytes(path, content);
        Refuses(path);
    }

    [Theory]
    [InlineData("num_hidden_layers", "1000000000")]
    [InlineData("num_hidden_layers", "5")]
    [InlineData("hidden_size", "0")]
    [InlineData("hidden_size", "-4")]
    [InlineData("hidden_size", "2147483648")]
    [InlineData("hidden_size", "\"128\"")]
    [InlineData("num_attention_heads", "7")]
    [InlineData("vocab_size", "1000000000")]
    [InlineData("vocab_size", "10")]
    [InlineData("rms_norm_eps", "1e999")]
    [InlineData("architectures", "[\"FooForCausalLM\"]")]
    [InlineData("architectures", "5")]
    public void A_hostile_configuration_is_one_sentence_within_seconds(string key, string value)
    {
        using var folder = new TemporaryFolder();
        foreach (var file in new[] { "model.safetensors", "tokenizer.json", "tokenizer_config.json" })
            File.CreateSymbolicLink(Path.Combine(folder.Path, file), Path.Combine(World, file));
        var config = File.ReadAllText(Path.Combine(World, "config.json"));
        var from = System.Text.RegularExpressions.Regex.Match(config, $"\"{key}\": *(\\[[^\\]]*\\]|[^,\\n]*)");
        Assert.True(from.Success);
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), config.Replace(from.Value, $"\"{key}\": {value}", StringComparison.Ordinal));
        Refuses(folder.Path);
    }

    [Theory]
    [InlineData("a{1,1000000000}")]
    [InlineData("(a{1000}){1000}{1000}")]
    [InlineData("\\\\p{Foo}")]
    [InlineData("[[[[[[[[")]
    public void A_hostile_pattern_is_one_sentence_within_seconds(string pattern)
    {
        using var folder = new TemporaryFolder();
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(World, "tokenizer.json")))!.AsObject();
        json["pre_tokenizer"] = JsonNode.Parse($"{{\"type\":\"Split\",\"pattern\":{{\"Regex\":\"{pattern}\"}},\"behavior\":\"Isolated\",\"invert\":false}}");
        File.WriteAllText(Path.Combine(folder.Path, "tokenizer.json"), json.ToJsonString());
        Refuses(folder.Path);
    }

    [Fact]
    public void An_index_cannot_lead_out_of_its_folder()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(World, "config.json"), Path.Combine(folder.Path, "config.json"));
        File.WriteAllText(Path.Combine(folder.Path, "model.safetensors.index.json"), "{\"weight_map\":{\"model.embed_tokens.weight\":\"../../etc/passwd\"}}");
        Refuses(folder.Path);
    }

    private static void Refuses(string path)
    {
        var clock = Stopwatch.StartNew();
        var error = Assert.Throws<InterpException>(() => Inspector.Inspect(path));
        Assert.DoesNotContain('\n', error.Message);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), "It took as long as what it claims to hold.");
    }

    private static byte[] SafeTensorsFile(string header, int data = 0, ulong? length = null)
    {
        var json = Encoding.UTF8.GetBytes(header);
        return [.. Number(length ?? (ulong)json.Length), .. json, .. new byte[data]];
    }

    private static byte[] GgufFile(ulong tensors, ulong pairs, byte[] rest) => [.. "GGUF"u8, .. Word(3), .. Number(tensors), .. Number(pairs), .. rest];

    private static byte[] Bomb()
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
            for (var i = 0; i < 200; i++)
                gzip.Write(new byte[1 << 20]);
        return buffer.ToArray();
    }

    private static byte[] Text(string text) => [.. Number((ulong)text.Length), .. Encoding.UTF8.GetBytes(text)];

    private static byte[] Number(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Word(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
