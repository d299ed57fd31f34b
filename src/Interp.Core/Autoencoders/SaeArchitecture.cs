using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// An architecture of SAELens' folders: its name, its tensors besides the common ones, and the kind that computes it. SAELens' transcoders have a
/// ReLU and no K: of ours it reads the weights and the names, and lets every positive latent through.
/// </summary>
/// <param name="Name">As <c>cfg.json</c> has it.</param>
/// <param name="Kind">How it is computed.</param>
/// <param name="EncoderBias">Name of the encoder bias.</param>
/// <param name="Extras">Further tensors, named as the kind's own.</param>
internal sealed record SaeArchitecture(string Name, SaeKind Kind, string EncoderBias = "b_enc", params IReadOnlyList<string> Extras)
{
    private static readonly SaeArchitecture Jump = new("jumprelu", new JumpReluDictionary(), "b_enc", "threshold");

    /// <summary>All that are served; a new one is a line here.</summary>
    public static IReadOnlyList<SaeArchitecture> All { get; } =
    [
        new("topk", SaeKind.TopK),
        Jump,
        new("gated", new GatedDictionary(), "b_gate", "r_mag", "b_mag"),
        new("standard", new ReluDictionary()),
        new("transcoder", new TranscoderDictionary()),
        new("skip_transcoder", new TranscoderDictionary(Skip: true), "b_enc", TranscoderDictionary.SkipWeight),
    ];

    /// <summary>The architecture of a name; null: not served.</summary>
    public static SaeArchitecture? Named(string? name) => All.FirstOrDefault(known => known.Name == name);

    /// <summary>The architecture as which an autoencoder is written.</summary>
    public static SaeArchitecture Of(SparseAutoencoder autoencoder) => autoencoder.Kind switch
    {
        TopKDictionary => All[0],
        GatedDictionary => All[2],
        ReluDictionary => All[3],
        TranscoderDictionary { Skip: false } => All[4],
        TranscoderDictionary => All[5],
        _ => Jump,
    };

    /// <summary>The further tensors of an autoencoder.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Tensors(SparseAutoencoder autoencoder) =>
        Extras.Select(name => KeyValuePair.Create(name, name == "threshold" ? autoencoder.Kind.Gate(autoencoder)!.Threshold : autoencoder.Extras[name]));
}
