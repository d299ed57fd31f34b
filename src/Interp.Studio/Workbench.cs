using Interp.Autoencoders;
using Interp.Features;
using Interp.Runtime;

namespace Interp.Studio;

// Interp.Atlas is the module of Interp.Experiments that makes them.
using Atlas = Interp.Features.Atlas;

/// <summary>What the operations work on: a model with an autoencoder, its atlas, and what was named beside them. It owns what it opened.</summary>
internal sealed class Workbench : IDisposable
{
    private Workbench(StudioOptions options, Microscope microscope, Atlas atlas) =>
        (Options, Microscope, Atlas, Figures, Results) = (options, microscope, atlas, new AtlasFigures(atlas), new StoredResults(options.Results));

    public StudioOptions Options { get; }

    public Microscope Microscope { get; }

    public Atlas Atlas { get; }

    /// <summary>The latents' own distributions, from the atlas.</summary>
    public ILatentFigures Figures { get; }

    /// <summary>What experiments have measured.</summary>
    public StoredResults Results { get; }

    public int Latents => Atlas.Latents;

    /// <summary>Opens everything.</summary>
    /// <exception cref="InterpException">Something cannot be read, or the atlas is of another autoencoder or model.</exception>
    public static Workbench Open(StudioOptions options)
    {
        var atlas = Atlas.Open(options.Atlas);
        try
        {
            if (SaeFolder.Digest(options.Sae) != atlas.Summary.SaeDigest)
                throw new InterpException($"The atlas {options.Atlas} is of another autoencoder than {options.Sae}; make one of this with interp atlas.");
            var microscope = Microscope.Open(options.Model, options.Sae);
            if (microscope.Model.Digest == atlas.Summary.ModelDigest && microscope.Tokenizer.Digest == atlas.Summary.TokenizerDigest)
                return new Workbench(options, microscope, atlas);
            microscope.Dispose();
            throw new InterpException($"The atlas {options.Atlas} was made with another model than {options.Model}; name its model, or make one of this with interp atlas.");
        }
        catch
        {
            atlas.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Microscope.Dispose();
        Atlas.Dispose();
    }
}
