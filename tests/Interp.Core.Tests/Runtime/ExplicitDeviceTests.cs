using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Interp.Core.Tests.Runtime;

/// <summary>A tensor made without a device lands on libtorch's global default, which a GPU run would silently miss.</summary>
public partial class ExplicitDeviceTests
{
    [Fact]
    public void Interp_Core_names_the_device_of_every_tensor_it_makes()
    {
        var offenders = Directory.EnumerateFiles(SourceFolder(), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .SelectMany(Offenders);
        Assert.Empty(offenders);
    }

    [Theory]
    [InlineData("var x = torch.zeros(2, 3);", false)]
    [InlineData("var x = torch.zeros(n * (2 + 1),\n    dtype: Float32, device: torch.CPU);", true)]
    [InlineData("var x = tensor(values, device: device);", true)]
    [InlineData("x.zero_(); y.full_like(z);", true)]
    public void The_scan_tells_calls_with_a_device_from_calls_without(string code, bool fine) =>
        Assert.Equal(fine, !Calls(code).Any(call => !call.Contains("device", StringComparison.OrdinalIgnoreCase)));

    private static IEnumerable<string> Offenders(string file) =>
        Calls(File.ReadAllText(file))
            .Where(call => !call.Contains("device", StringComparison.OrdinalIgnoreCase) && !call.Contains("CPU", StringComparison.Ordinal))
            .Select(call => $"{Path.GetFileName(file)}: {call}");

    private static IEnumerable<string> Calls(string code)
    {
        foreach (Match match in Factory().Matches(code))
        {
            var depth = 1;
            var end = match.Index + match.Length;
            while (depth > 0 && end < code.Length)
                depth += code[end++] switch { '(' => 1, ')' => -1, _ => 0 };
            yield return code[match.Index..end];
        }
    }

    private static string SourceFolder() => Path.Combine(
        typeof(ExplicitDeviceTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Root").Value!,
        "src", "Interp.Core");

    [GeneratedRegex(@"(?<![\w.])(torch\.)?(zeros|ones|empty|full|arange|linspace|eye|rand|randn|randint|randperm|tensor|as_tensor|empty_strided|frombuffer|from_array)\(")]
    private static partial Regex Factory();
}
