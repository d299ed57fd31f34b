using System.Globalization;
using Interp.Autoencoders;
using Interp.Features;
using Interp.Runtime;
using Interp.Studio.Http;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio;

/// <summary>What the operations work on: a model with an autoencoder, its atlas, and what was named beside them. It owns what it opened.</summary>
internal sealed class Workbench : IDisposable
{
    private Workbench(StudioOptions options, Microscope microscope, Atlas atlas, IReadOnlyList<OpenedDictionary> others)
    {
        (Options, Microscope, Atlas, Figures, Others, Results) = (options, microscope, atlas, atlas, others, new StoredResults(options.Results));
        ExampleLatent = Enumerable.Range(0, Latents).MaxBy(atlas.MaxOf);
    }

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

    /// <summary>The latent of the API's examples: that with the largest maximum, so that it lives.</summary>
    public int ExampleLatent { get; }

    /// <summary>Its route's parameter.</summary>
    public IReadOnlyDictionary<string, string> ExampleRoute => new Dictionary<string, string> { ["id"] = ExampleLatent.ToString(CultureInfo.InvariantCulture) };

    /// <summary>A latent that the dictionary has.</summary>
    /// <exception cref="Refusal">404: it has none of this number.</exception>
    public int Known(int latent) =>
        latent >= 0 && latent < Latents ? latent : throw new Refusal(StatusCodes.Status404NotFound, $"There is no latent {latent.ToString(CultureInfo.InvariantCulture)}; {Range}.");

    /// <summary>The latent that a route names.</summary>
    /// <exception cref="Refusal">404: it has none of this number.</exception>
    public int Known(string latent) => int.TryParse(latent, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        ? Known(id)
        : throw new Refusal(StatusCodes.Status404NotFound, $"There is no latent {Refusal.Echo(latent)}; {Range}.");

    private string Range => FormattableString.Invariant($"there are 0 to {Latents - 1}");

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
    /// <exception cref="InterpException">It cannot be read, or is of another one or of another hook.</exception>
    public static Atlas OpenAtlas(string folder, string sae)
    {
        var atlas = Atlas.Open(folder);
        var hook = SaeFolder.ReadMetadata(sae).HookName ?? atlas.Summary.Hook;
        var (same, here) = (SaeFolder.Digest(sae) == atlas.Summary.SaeDigest, hook == atlas.Summary.Hook);
        if (same && here)
            return atlas;
        atlas.Dispose();
        throw new InterpException(
            same ? $"The atlas {folder} reads the autoencoder {sae} at {atlas.Summary.Hook}, but it is of {hook}; make one there with interp atlas."
            : $"The atlas {folder} is of another autoencoder than {sae}; make one of this with interp atlas.");
    }

    public void Dispose()
    {
        foreach (var other in Others)
            other.Dispose();
        Microscope.Dispose();
        Atlas.Dispose();
    }
}
