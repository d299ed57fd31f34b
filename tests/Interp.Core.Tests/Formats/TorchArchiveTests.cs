using Interp.Core.Tests.Tokenization;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Formats;

public class TorchArchiveTests
{
    /// <summary>A file that PyTorch wrote: the original work's autoencoder reconstructs what its own code did.</summary>
    [Fact]
    public void A_file_of_PyTorch_holds_the_tensors_that_were_saved()
    {
        using var scope = NewDisposeScope();
        using var archive = TorchArchive.Open(Fixtures.Path("saes", "seed", "models", "model_epoch_2.pt"));
        using var golden = SafeTensors.Open(Fixtures.Path("saes", "seed", "golden.safetensors"));
        var tensors = Assert.IsType<Dictionary<object, object?>>(archive.Value);
        Tensor Saved(string name) => archive.Load((TorchTensor)tensors[name]!);

        var x = golden.Load("x", ScalarType.Float32, CPU);
        var (mean, std) = (x.mean([-1], keepdim: true), x.std(-1, unbiased: true, keepdim: true));
        var normalised = (x - mean) / (std + 1e-5f) - Saved("b_pre");
        var before = normalised.mm(Saved("w_enc")) + Saved("b_enc");
        var latents = golden.Load("latents", ScalarType.Float32, CPU);
        var found = before.where(latents.ne(0), zeros_like(before));
        Assert.InRange((found - latents).abs().max().ToSingle(), 0, 1e-4f);
        var output = (latents.mm(Saved("w_dec")) + Saved("b_pre")) * std + mean;
        Assert.InRange((output - golden.View("recon")).abs().max().ToSingle(), 0, 1e-4f);
    }

    [Fact]
    public void Strides_offsets_and_types_are_honoured()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "x.pt");
        new TorchFile().List(
            file => file.Tensor<float>("FloatStorage", [0, 1, 2, 3, 4, 5, 6], [2, 3], [1, 2], 1),
            file => file.Tensor<long>("LongStorage", [7, 8], [2]),
            file => file.Tensor<ushort>("BFloat16Storage", [0x3F80, 0xC000], [2])).Save(path);
        using var archive = TorchArchive.Open(path);
        var list = Assert.IsType<List<object?>>(archive.Value).Cast<TorchTensor>().ToArray();
        Assert.Equal([1, 3, 5, 2, 4, 6], TensorMemory.Span<float>(archive.Load(list[0])).ToArray());
        Assert.Equal([7, 8], TensorMemory.Span<long>(archive.Load(list[1])).ToArray());
        Assert.Equal([1, -2], TensorMemory.Span<float>(archive.Load(list[2]).to(ScalarType.Float32)).ToArray());
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "call", "the name posix.system" },
        { "reduce", "a call of torch._utils._rebuild_tensor_v2 that makes no tensor" },
        { "beyond", "a call of torch._utils._rebuild_tensor_v2 that makes no tensor" },
        { "expanded", "a call of torch._utils._rebuild_tensor_v2 that makes no tensor" },
        { "opcode", "the opcode 0x69" },
        { "state", "a state that is not that of an ordered dictionary" },
        { "persistent", "a persistent id that is no storage" },
        { "short", "damaged at byte" },
        { "empty", "damaged at byte" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void What_is_not_data_is_refused_by_its_name(string what, string message)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "x.pt");
        var file = new TorchFile();
        _ = what switch
        {
            "call" => file.Global("posix", "system").Text("true").Raw(0x85, (byte)'R'),
            "reduce" => file.Global("torch._utils", "_rebuild_tensor_v2").Raw((byte)')', (byte)'R'),
            "beyond" => file.Tensor<float>("FloatStorage", [1, 2], [2, 2], [2, 1]),
            "expanded" => file.Tensor<float>("FloatStorage", [1], [1 << 30], [0]),
            "opcode" => file.Raw((byte)'i'),
            "state" => file.Global("torch", "FloatStorage").Raw((byte)'}', (byte)'b'),
            "persistent" => file.Text("x").Raw((byte)'Q'),
            "short" => file.Raw((byte)'X', 255, 255, 255, 255),
            _ => file,
        };
        file.Save(path);
        Assert.Contains(message, Assert.Throws<InterpException>(() => TorchArchive.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_archive_and_a_storage_of_another_size_are_sentences()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "x.pt");
        File.WriteAllBytes(path, [1, 2, 3]);
        Assert.Contains("cannot be read as a zip archive", Assert.Throws<InterpException>(() => TorchArchive.Open(path)).Message, StringComparison.Ordinal);
        new TorchFile().Tensor<int>("DoubleStorage", [1, 2, 3], [3]).Save(path);
        using var archive = TorchArchive.Open(path);
        Assert.Contains("12 bytes where 24", Assert.Throws<InterpException>(() => archive.Load((TorchTensor)archive.Value!)).Message, StringComparison.Ordinal);
    }
}
