using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace Interp.Runtime;

/// <summary>What this machine has, as <c>interp doctor</c> shows it. Sizes are in bytes.</summary>
/// <param name="System">Operating system and version.</param>
/// <param name="DotNet">Version of the .NET runtime.</param>
/// <param name="Interp">Version of this library.</param>
/// <param name="Processors">Processors that this process may use.</param>
/// <param name="Threads">Threads that work side by side.</param>
/// <param name="VectorLevel">The widest of AVX-512, AVX2, AVX that runs here, else <c>none</c>.</param>
/// <param name="TorchSharp">Version of the TorchSharp assembly.</param>
/// <param name="Libtorch">Version of libtorch, or null when it does not load.</param>
/// <param name="LibtorchOrigin"><c>package</c>, <c>INTERP_LIBTORCH</c>, or null.</param>
/// <param name="LibtorchFolder">Where libtorch lies.</param>
/// <param name="WrapperPatched">Whether the wrapper needed the weak version flag.</param>
/// <param name="Devices"><c>cpu</c> and the CUDA devices.</param>
/// <param name="MemoryFree">Memory that programs may still take.</param>
/// <param name="MemoryTotal">Memory of the machine.</param>
/// <param name="DiskFree">Space on the disk of the working folder.</param>
/// <param name="Cache">The per-user cache folder.</param>
/// <param name="Problem">One sentence on what is missing, or null.</param>
public sealed record SystemReport(
    string System,
    string DotNet,
    string Interp,
    int Processors,
    int Threads,
    string VectorLevel,
    string TorchSharp,
    string? Libtorch,
    string? LibtorchOrigin,
    string? LibtorchFolder,
    bool WrapperPatched,
    IReadOnlyList<string> Devices,
    long MemoryFree,
    long MemoryTotal,
    long DiskFree,
    string Cache,
    string? Problem)
{
    /// <summary>Version of this library and, where it was built from a git clone, the first 12 digits of the commit.</summary>
    public static string Revision
    {
        get
        {
            var parts = InformationalVersion(typeof(SystemReport).Assembly).Split('+');
            return parts.Length < 2 ? parts[0] : $"{parts[0]}+{parts[1][..Math.Min(12, parts[1].Length)]}";
        }
    }

    /// <summary>Looks at the machine; a libtorch that does not load is a finding, not an error.</summary>
    public static SystemReport Take()
    {
        LibtorchInfo? info = null;
        string? problem = null;
        var devices = new List<string> { "cpu" };
        try
        {
            info = Runtime.Libtorch.Load();
            if (torch.cuda.is_available())
                devices.AddRange(Enumerable.Range(0, torch.cuda.device_count()).Select(i => $"cuda:{i}"));
        }
        catch (Exception e) when (e is InterpException or TypeInitializationException or DllNotFoundException)
        {
            problem = (e.InnerException ?? e).Message;
        }
        var (free, total) = Memory();
        return new SystemReport(
            OperatingSystemName(),
            Environment.Version.ToString(),
            VersionOf(typeof(SystemReport).Assembly),
            Environment.ProcessorCount,
            Workers.Count,
            Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : Avx.IsSupported ? "AVX" : "none",
            VersionOf(typeof(torch).Assembly),
            info is null ? null : LibtorchVersion(info.Folder),
            info?.Origin,
            info?.Folder,
            info?.WrapperPatched ?? false,
            devices,
            free,
            total,
            new DriveInfo(Directory.GetCurrentDirectory()).AvailableFreeSpace,
            CacheFolder.Get(""),
            problem);
    }

    /// <summary>Free and total memory in bytes, a container's limit respected; zero where the system does not say.</summary>
    public static (long Free, long Total) Memory()
    {
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (!File.Exists("/proc/meminfo"))
            return (0, limit);
        var lines = File.ReadLines("/proc/meminfo").Select(line => line.Split(':')).ToDictionary(pair => pair[0], pair => pair[1]);
        long Bytes(string key) => long.Parse(lines[key].Replace("kB", "", StringComparison.Ordinal).Trim(), global::System.Globalization.CultureInfo.InvariantCulture) * 1024;
        return (Math.Min(Bytes("MemAvailable"), limit), Math.Min(Bytes("MemTotal"), limit));
    }

    private static string OperatingSystemName()
    {
        const string release = "/etc/os-release";
        var pretty = File.Exists(release)
            ? File.ReadLines(release).FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))
            : null;
        return pretty is null ? RuntimeInformation.OSDescription : pretty[12..].Trim('"');
    }

    private static string VersionOf(Assembly assembly) => InformationalVersion(assembly).Split('+')[0];

    private static string InformationalVersion(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The version that a PyTorch folder states, else the one of the package that the build names.</summary>
    private static string LibtorchVersion(string folder)
    {
        var python = Path.Combine(folder, "..", "version.py");
        if (File.Exists(python) && File.ReadLines(python).FirstOrDefault(line => line.StartsWith("__version__", StringComparison.Ordinal)) is { } stated)
            return stated.Split('\'', '"').ElementAtOrDefault(1) ?? "unknown";
        return typeof(SystemReport).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "LibtorchVersion").Value ?? "unknown";
    }
}
