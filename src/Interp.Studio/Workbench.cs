using Interp.Autoencoders;
using Interp.Features;
using Interp.Runtime;

namespace Interp.Studio;

/// <summary>What the operations work on: a model with an autoencoder, its atlas, and what was named beside them. It owns what it opened.</summary>
internal sealed class Workbench : IDisposable
{
    private Workbench(StudioOptions options, Microscope microscope, Atlas atlas, IReadOnlyList<OpenedDictionary> others) =>
        (Options, Microscope, Atlas, Figures, Others, Results) = (options, microscope, atlas, atlas, others, new StoredResults(options.Results));

    public StudioOptions Options { get; }

    public Microscope Microscope { get; }

    public Atlas Atlas { get; }

    /// <summary>The latents' own distributions, from the atlas.</summary>
    public ILatentFigures Figures { get; }

    /// <summary>The dictionaries to compare with.</summary>
    public IReadOnlyList<OpenedDictionary> Others { get; }

    /// <summary>What experiments have measured.</summary>
    public StoredResults Results { get; }

    public int Latents => Atlas.Latents;

    /// <summary>Opens everything.</summary>
    /// <exception cref="InterpException">Something cannot be read, or the atlas is of another autoencoder or model.</exception>
    public static Workbench Open(StudioOptions options)
    {
        var opened = new Stack<IDisposable>();
        try
        {
            var atlas = Keep(OpenAtlas(options.Atlas, options.Sae));
            var microscope = Keep(Microscope.Open(options.Model, options.Sae));
            if (microscope.Model.Digest != atlas.Summary.ModelDigest || microscope.Tokenizer.Digest != atlas.Summary.TokenizerDigest)
                throw new InterpException($"The atlas {options.Atlas} was made with another model than {options.Model}; name its model, or make one of this with interp atlas.");
            var others = options.Others.Select(other => Keep(OpenedDictionary.Open(other, microscope))).ToArray();
            return new Workbench(options, microscope, atlas, others);
        }
        catch
        {
            foreach (var part in opened)
                part.Dispose();
            throw;
        }

        T Keep<T>(T part)
            where T : IDisposable
        {
            opened.Push(part);
            return part;
        }
    }

    /// <summary>An atlas of an autoencoder.</summary>
    /// <exception cref="InterpException">It cannot be read, or is of another one.</exception>
    public static Atlas OpenAtlas(string folder, string sae)
    {
        var atlas = Atlas.Open(folder);
        if (SaeFolder.Digest(sae) == atlas.Summary.SaeDigest)
            return atlas;
        atlas.Dispose();
        throw new InterpException($"The atlas {folder} is of another autoencoder than {sae}; make one of this with interp atlas.");
    }

    public void Dispose()
    {
        foreach (var other in Others)
            other.Dispose();
        Microscope.Dispose();
        Atlas.Dispose();
    }
}
