using Interp.Core.Tests.Tokenization;
using Interp.Formats;
using Interp.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Formats;

/// <summary>A product with a matrix that stays in its file has the bits of the product with the dequantised matrix.</summary>
public sealed class MappedMatrixTests : IDisposable
{
    private const int Outputs = 300, Inputs = 1280;
    private readonly TemporaryFolder temporary = new();

    public static TheoryData<string> Formats => [.. GgufBlockFormat.All.Select(format => format.Name)];

    public void Dispose() => temporary.Dispose();

    [Theory, MemberData(nameof(Formats))]
    public void Products_have_the_bits_of_the_dequantised_matrix(string name)
    {
        using var scope = NewDisposeScope();
        using var file = Open(GgufBlockFormat.All.Single(format => format.Name == name));
        var dense = file.Load("w");
        Assert.True(dense.isfinite().all().ToBoolean());
        Assert.True(dense.std().ToDouble() > 0);
        var bias = randn(Outputs, device: CPU);
        int[] turned = [.. Enumerable.Range(0, Outputs).Reverse()];
        foreach (var rows in new[] { 1, 2, 7, 200 })
        {
            var x = randn([rows, Inputs], device: CPU);
            AssertSame(new DenseProjection(dense, bias).Apply(x), new MappedProjection(file.Matrix("w"), bias).Apply(x));
            AssertSame(new DenseProjection(dense.flip(0), null).Apply(x), new MappedProjection(file.Matrix("w", turned), null).Apply(x));
        }
    }

    [Fact]
    public void Rows_are_those_of_the_dequantised_matrix()
    {
        using var scope = NewDisposeScope();
        using var file = Open(GgufBlockFormat.All.Single(format => format.Name == "Q6_K"));
        AssertSame(file.Load("w")[tensor(new long[] { 7, 0, 299, 7 })], file.Matrix("w").Select([7, 0, 299, 7]));
        Assert.Throws<Interp.Runtime.InterpException>(() => file.Matrix("w").Select([Outputs]));
    }

    [Fact]
    public void A_folder_of_16_bit_weights_computes_the_bits_of_their_float32_values()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var folder = Fixtures.Path("models", "llama-linear-bf16");
        using var weights = SafeTensors.Open(Path.Combine(folder, "model.safetensors"));
        Assert.Contains(weights.Entries.Values, entry => entry.Type == ScalarType.BFloat16);
        using var model = LanguageModel.Load(folder, CPU);
        using var wide = LanguageModel.FromParameters(model.Config, weights.Entries.Keys.ToDictionary(name => name, name => weights.Load(name, ScalarType.Float32, CPU)));
        var tokens = arange(1, 12, dtype: ScalarType.Int64, device: CPU).unsqueeze(0);
        AssertSame(wide.Logits(tokens), model.Logits(tokens));
    }

    private static void AssertSame(Tensor expected, Tensor actual) => Assert.True(expected.equal(actual).all().ToBoolean());

    /// <summary>Random blocks; as parts of a block's scale may stand anywhere in it, those that give no finite or no sane value are drawn again.</summary>
    private Gguf Open(GgufBlockFormat format)
    {
        var random = new Random(5);
        var blocks = new byte[format.BytesOf(Outputs * Inputs)];
        var values = new float[format.BlockLength];
        for (var at = 0; at < blocks.Length; at += format.BlockBytes)
        {
            var block = blocks.AsSpan(at, format.BlockBytes);
            do
            {
                random.NextBytes(block);
                format.Decode(block, values);
            }
            while (values.Any(value => !(Math.Abs(value) < 1e6f)));
        }
        var path = Path.Combine(temporary.Path, "matrix.gguf");
        File.WriteAllBytes(path, GgufWriter.Write([("general.architecture", "llama")], GgufData.Of("w", format.Id, [Outputs, Inputs], blocks)));
        return Gguf.Open(path);
    }
}
