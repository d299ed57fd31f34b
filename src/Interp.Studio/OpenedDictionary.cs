using Interp.Autoencoders;
using Interp.Features;
using Interp.Runtime;

namespace Interp.Studio;

/// <summary>A dictionary to compare with; it owns what it holds.</summary>
/// <param name="Name">What the pages call it.</param>
/// <param name="Sae">The autoencoder.</param>
/// <param name="Atlas">Its atlas, where there is one.</param>
internal sealed record OpenedDictionary(string Name, SparseAutoencoder Sae, Atlas? Atlas) : IDisposable
{
    /// <exception cref="InterpException">It cannot be read, or is of another hook.</exception>
    public static OpenedDictionary Open(OtherDictionary other, Microscope microscope)
    {
        var sae = SaeFolder.Read(other.Sae, microscope.Model.Device);
        try
        {
            if (sae.OutputWidth != microscope.Sae.OutputWidth || SaeFolder.ReadMetadata(other.Sae).HookName is { } hook && hook != microscope.Hook.ToString())
                throw new InterpException($"The dictionary {other.Name} is of another hook than {microscope.Hook}; compare dictionaries of one hook.");
            return new OpenedDictionary(other.Name, sae, other.Atlas is { } folder ? Workbench.OpenAtlas(folder, other.Sae) : null);
        }
        catch
        {
            sae.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Sae.Dispose();
        Atlas?.Dispose();
    }
}
