using System.Reflection;
using Interp.Features;

namespace Interp.Core.Tests.Features;

/// <summary>The embedded model and its autoencoder, opened once for all tests.</summary>
internal static class World
{
    private static readonly Lazy<Microscope> opened = new(() => Microscope.Open(Model, Sae));

    /// <summary>Folder of the model.</summary>
    public static string Model => Asset("world");

    /// <summary>Folder of the autoencoder.</summary>
    public static string Sae => Asset("world-sae");

    /// <summary>Both; never disposed.</summary>
    public static Microscope Microscope => opened.Value;

    private static string Asset(string name) => Path.Combine(
        typeof(World).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Root").Value!, "assets", name);
}
