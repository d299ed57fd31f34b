using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Interp.Runtime;

/// <summary>
/// Finds libtorch and TorchSharp's native wrapper and loads them before TorchSharp looks for them itself.
/// </summary>
/// <remarks>
/// The wrapper of TorchSharp 0.107 names GLIBCXX_3.4.32, which the libstdc++ of Debian 12 and Ubuntu 22.04 lacks, though it
/// uses nothing of it. There a copy with that one need marked weak, kept in a per-user cache, is loaded in its place.
/// </remarks>
public static class Libtorch
{
    private const string MissingVersion = "GLIBCXX_3.4.32";
    private const string WrapperFile = "libLibTorchSharp.so";
    private static readonly string[] Libraries =
        ["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"];

    private static readonly Lock Gate = new();
    private static LibtorchInfo? loaded;
    private static nint wrapperHandle;
    private static nint torchCpuHandle;

    /// <summary>
    /// Has the libraries loaded at the moment TorchSharp's assembly is, because its type initialiser searches by itself;
    /// a program that makes no tensor loads neither.
    /// </summary>
#pragma warning disable CA2255 // A script or a test must not have to call this before its first tensor.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register()
    {
        if (!OperatingSystem.IsLinux())
            return;
        NativeLibrary.SetDllImportResolver(typeof(Libtorch).Assembly, Resolve);
        AppDomain.CurrentDomain.AssemblyLoad += (_, loaded) => Prepare(loaded.LoadedAssembly);
        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
            Prepare(assembly);
    }

    private static void Prepare(Assembly assembly)
    {
        if (assembly.GetName().Name != "TorchSharp")
            return;
        NativeLibrary.SetDllImportResolver(assembly, Resolve);
        try
        {
            Load();
        }
        catch (InterpException)
        {
            // The first call that needs libtorch reports it; this may be a program that never does.
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name is not ("LibTorchSharp" or "torch_cpu"))
            return 0;
        Load();
        return name == "LibTorchSharp" ? wrapperHandle : torchCpuHandle;
    }

    /// <summary>Loads the native libraries once and tells where they came from.</summary>
    /// <exception cref="InterpException">A library is missing or does not load.</exception>
    public static LibtorchInfo Load()
    {
        lock (Gate)
        {
            return loaded ??= LoadOnce();
        }
    }

    private static LibtorchInfo LoadOnce()
    {
        var wrapper = FindWrapper();
        var (folder, origin) = FindLibraries(wrapper);
        foreach (var file in Libraries.Select(name => Path.Combine(folder, name)).Where(File.Exists))
        {
            var handle = LoadLibrary(file);
            if (Path.GetFileName(file) == "libtorch_cpu.so")
                torchCpuHandle = handle;
        }
        if (torchCpuHandle == 0)
            throw new InterpException($"No libtorch_cpu.so in {folder}; set INTERP_LIBTORCH to the lib folder of a PyTorch 2.10 installation.");

        var needsPatch = !SystemOffers(MissingVersion);
        var path = needsPatch ? PatchedCopy(wrapper) : wrapper;
        wrapperHandle = LoadLibrary(path);
        return new LibtorchInfo(folder, origin, path, path != wrapper, File.Exists(Path.Combine(folder, "libtorch_cuda.so")));
    }

    private static nint LoadLibrary(string path) =>
        NativeLibrary.TryLoad(path, out var handle)
            ? handle
            : throw new InterpException($"{path} does not load: {LoadError(path)}");

    private static string LoadError(string path)
    {
        try
        {
            NativeLibrary.Load(path);
            return "unknown reason.";
        }
        catch (DllNotFoundException e)
        {
            return e.Message.Split('\n').FirstOrDefault(line => line.Contains(".so", StringComparison.Ordinal)) ?? e.Message;
        }
    }

    private static string FindWrapper() =>
        NativeFolders("torchsharp").Select(folder => Path.Combine(folder, WrapperFile)).FirstOrDefault(File.Exists)
        ?? throw new InterpException($"{WrapperFile} is neither beside the program nor in the NuGet folder; run ./interp once to restore the packages.");

    private static (string Folder, string Origin) FindLibraries(string wrapper)
    {
        if (Environment.GetEnvironmentVariable("INTERP_LIBTORCH") is { Length: > 0 } chosen)
        {
            return File.Exists(Path.Combine(chosen, "libtorch_cpu.so"))
                ? (Path.GetFullPath(chosen), "INTERP_LIBTORCH")
                : throw new InterpException($"INTERP_LIBTORCH is {chosen}, which holds no libtorch_cpu.so; give the lib folder of a PyTorch 2.10 installation.");
        }
        var folder = NativeFolders("libtorch-cpu-linux-x64").Prepend(Path.GetDirectoryName(wrapper)!)
            .FirstOrDefault(f => File.Exists(Path.Combine(f, "libtorch_cpu.so")));
        return folder is null
            ? throw new InterpException("libtorch_cpu.so is neither beside the program nor in the NuGet folder; run ./interp once to restore the packages.")
            : (folder, "package");
    }

    private static IEnumerable<string> NativeFolders(string package)
    {
        string[] bases = [Path.GetDirectoryName(typeof(Libtorch).Assembly.Location) ?? "", AppContext.BaseDirectory];
        foreach (var folder in bases)
        {
            yield return Path.Combine(folder, "runtimes", "linux-x64", "native");
            yield return folder;
        }
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var versions = Path.Combine(packages, package);
        if (!Directory.Exists(versions))
            yield break;
        foreach (var version in Directory.GetDirectories(versions).OrderDescending(StringComparer.Ordinal))
            yield return Path.Combine(version, "runtimes", "linux-x64", "native");
    }

    private static bool SystemOffers(string version)
    {
        var standardLibrary = File.ReadLines("/proc/self/maps")
            .Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(path => path.Contains("libstdc++.so", StringComparison.Ordinal));
        return standardLibrary is null || File.ReadAllBytes(standardLibrary).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(version + '\0')) >= 0;
    }

    /// <summary>The weakened copy in the per-user cache, written under a temporary name and renamed.</summary>
    private static string PatchedCopy(string wrapper)
    {
        var image = File.ReadAllBytes(wrapper);
        var digest = Convert.ToHexStringLower(SHA256.HashData(image))[..16];
        if (ElfVersionNeeds.MakeWeak(image, MissingVersion) == 0)
            return wrapper;

        var target = Path.Combine(CacheFolder.Get("native"), digest, WrapperFile);
        if (File.Exists(target) && File.ReadAllBytes(target).AsSpan().SequenceEqual(image))
            return target;
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var temporary = $"{target}.{Environment.ProcessId}.tmp";
        File.WriteAllBytes(temporary, image);
        File.Move(temporary, target, overwrite: true);
        return target;
    }
}

/// <summary>Where the native libraries came from.</summary>
/// <param name="Folder">Folder of libtorch_cpu.so.</param>
/// <param name="Origin"><c>package</c> or <c>INTERP_LIBTORCH</c>.</param>
/// <param name="Wrapper">The TorchSharp wrapper that was loaded.</param>
/// <param name="WrapperPatched">Whether it is the copy with the weak version need.</param>
/// <param name="HasCuda">Whether the folder holds the CUDA libraries.</param>
public sealed record LibtorchInfo(string Folder, string Origin, string Wrapper, bool WrapperPatched, bool HasCuda);
