using System.Text.Json.Nodes;
using Interp.Models;
using Interp.Runtime;

namespace Interp.Inspection;

/// <summary>What a file or folder is, after everything that loading would check was checked.</summary>
/// <param name="Kind">Such as "Hugging Face model".</param>
/// <param name="Facts">What it holds, in the order in which people read it.</param>
/// <param name="NotFinite">Values that are not finite, by tensor.</param>
public sealed record Inspection(string Kind, JsonObject Facts, IReadOnlyDictionary<string, long> NotFinite)
{
    /// <summary>Whether all values are finite.</summary>
    public bool Passed => NotFinite.Count == 0;
}

/// <summary>Recognises paths and inspects them. A new kind of thing is one file and one line.</summary>
public static class Inspector
{
    private static readonly IReadOnlyList<(Func<string, bool> Recognises, Func<string, string, Inspection> Inspect)> All =
    [
        (SaeInspection.Recognises, SaeInspection.Inspect),
        (AtlasInspection.Recognises, AtlasInspection.Inspect),
        (StoreInspection.Recognises, StoreInspection.Inspect),
        (NamedStoresInspection.Recognises, NamedStoresInspection.Inspect),
        (ModelInspection.Recognises, ModelInspection.Inspect),
        (GgufInspection.Recognises, GgufInspection.Inspect),
        (SafeTensorsInspection.Recognises, SafeTensorsInspection.Inspect),
        (TokenizerInspection.Recognises, TokenizerInspection.Inspect),
        (TextInspection.Recognises, TextInspection.Inspect),
    ];

    /// <summary>Inspects a file or folder; writes nothing.</summary>
    /// <param name="path">The file or folder, or <c>org/name</c> of a model in the Hugging Face cache.</param>
    /// <param name="textField">Field of a JSON line that holds the text.</param>
    /// <exception cref="InterpException">Nothing there, nothing that is known, or something that loading would refuse.</exception>
    public static Inspection Inspect(string path, string textField = "text")
    {
        path = HuggingFaceCache.Resolve(path);
        if (!Path.Exists(path))
            throw new InterpException($"There is nothing at {path}; give a file or folder.");
        foreach (var (recognises, inspect) in All)
            if (recognises(path))
                return inspect(path, textField);
        throw new InterpException($"{path} is nothing that can be read; give a Hugging Face folder, .gguf, .safetensors, tokenizer.json, .txt, .jsonl, .csv, .tsv (each also .gz), .parquet, SAE folder, atlas or activation store.");
    }
}
