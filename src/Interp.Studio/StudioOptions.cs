using Interp.Runtime;

namespace Interp.Studio;

/// <summary>What the studio shows, and where.</summary>
public sealed record StudioOptions
{
    /// <summary>A Hugging Face folder or a .gguf file, with its tokenizer.</summary>
    public required string Model { get; init; }

    /// <summary>Folder of the autoencoder.</summary>
    public required string Sae { get; init; }

    /// <summary>What a recipe's script calls the model, read in a clone of the repository; null: <see cref="Model"/>.</summary>
    public string? ModelName { get; init; }

    /// <summary>What it calls the autoencoder; null: <see cref="Sae"/>.</summary>
    public string? SaeName { get; init; }

    /// <summary>What the pages call the autoencoder; null: the last part of <see cref="Sae"/>.</summary>
    public string? Title { get; init; }

    /// <summary>Folder of its atlas.</summary>
    public required string Atlas { get; init; }

    /// <summary>Other dictionaries of the same hook, by name.</summary>
    public IReadOnlyList<OtherDictionary> Others { get; init; } = [];

    /// <summary>Folder of the result tables.</summary>
    public string Results { get; init; } = "results";

    /// <summary>Port of the loopback address; 0 takes a free one.</summary>
    public int Port { get; init; } = 5000;

    /// <summary>How long a request may take, its waiting included.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A folder whose files are served in place of the built-in pages, so that they can be edited while the server runs; null: the built-in ones.</summary>
    public string? Assets { get; init; }

    /// <summary>Is told of failures that are the studio's own.</summary>
    public Action<string> Log { get; init; } = _ => { };
}

/// <summary>A dictionary to compare with.</summary>
/// <param name="Name">What the pages call it.</param>
/// <param name="Sae">Folder of the autoencoder.</param>
/// <param name="Atlas">Folder of its atlas, for examples; null: there are none.</param>
public sealed record OtherDictionary(string Name, string Sae, string? Atlas);
