using System.Diagnostics;
using System.Reflection;
using System.Text;
using Interp.Runtime;
using TorchSharp;
using Xunit;

namespace Interp.Core.Tests.Runtime;

public class LibtorchTests
{
    [Fact]
    public void Tensors_work_on_this_system()
    {
        using var x = torch.ones(2, 3, device: torch.CPU);
        using var sum = x.sum();
        Assert.Equal(6, sum.ToSingle());
        Assert.Equal("package", Environment.GetEnvironmentVariable("INTERP_LIBTORCH") is null ? Libtorch.Load().Origin : "package");
    }

    [Fact]
    public void Arguments_of_TorchSharp_live_until_its_methods_return() =>
        Assert.True(typeof(torch).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled, "The build did not run eng/KeepArgumentsAlive.targets on this copy of TorchSharp.dll.");

    [Fact]
    public void Weakening_changes_one_flag_of_the_named_version_and_nothing_twice()
    {
        var image = Image("GLIBC_2.34", "GLIBCXX_3.4.32", "GLIBCXX_3.4.30");
        var before = image.ToArray();

        Assert.Equal(1, ElfVersionNeeds.MakeWeak(image, "GLIBCXX_3.4.32"));

        var changed = Enumerable.Range(0, image.Length).Where(i => image[i] != before[i]).ToArray();
        var offset = Assert.Single(changed);
        Assert.Equal(ElfVersionNeeds.Needs(image).Single(need => need.Name == "GLIBCXX_3.4.32").FlagsOffset, offset);
        Assert.Equal(0, ElfVersionNeeds.MakeWeak(image, "GLIBCXX_3.4.32"));
    }

    [Fact]
    public void A_longer_name_with_the_same_beginning_is_left_alone() =>
        Assert.Equal(0, ElfVersionNeeds.MakeWeak(Image("GLIBCXX_3.4.320"), "GLIBCXX_3.4.32"));

    [Fact]
    public void A_file_that_is_no_library_is_refused() =>
        Assert.Throws<InterpException>(() => ElfVersionNeeds.Needs(new byte[128]));

    /// <summary>The smallest image with one version-need record: header, string table, needs, two section headers.</summary>
    private static byte[] Image(params string[] versions)
    {
        var strings = new MemoryStream();
        var names = versions.Select(version =>
        {
            var at = (uint)strings.Position;
            strings.Write(Encoding.ASCII.GetBytes(version + '\0'));
            return at;
        }).ToArray();
        var needs = new MemoryStream();
        using var writer = new BinaryWriter(needs);
        writer.Write((ushort)1);
        writer.Write((ushort)versions.Length);
        writer.Write(0u);
        writer.Write(16u);
        writer.Write(0u);
        for (var i = 0; i < names.Length; i++)
        {
            writer.Write(0u);
            writer.Write((ushort)0);
            writer.Write((ushort)(i + 2));
            writer.Write(names[i]);
            writer.Write(i + 1 < names.Length ? 16u : 0u);
        }
        const int stringsAt = 64;
        var needsAt = stringsAt + (int)strings.Length;
        var sectionsAt = needsAt + (int)needs.Length;
        var image = new byte[sectionsAt + 2 * 64];
        byte[] identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1];
        identification.CopyTo(image, 0);
        BitConverter.TryWriteBytes(image.AsSpan(0x28), (ulong)sectionsAt);
        BitConverter.TryWriteBytes(image.AsSpan(0x3A), (ushort)64);
        BitConverter.TryWriteBytes(image.AsSpan(0x3C), (ushort)2);
        strings.ToArray().CopyTo(image, stringsAt);
        needs.ToArray().CopyTo(image, needsAt);
        BitConverter.TryWriteBytes(image.AsSpan(sectionsAt + 4), 0x6ffffffeu);
        BitConverter.TryWriteBytes(image.AsSpan(sectionsAt + 0x18), (ulong)needsAt);
        BitConverter.TryWriteBytes(image.AsSpan(sectionsAt + 0x28), 1u);
        BitConverter.TryWriteBytes(image.AsSpan(sectionsAt + 64 + 0x18), (ulong)stringsAt);
        return image;
    }
}
