namespace Interp.Studio.Guards;

/// <summary>How much one request may ask for.</summary>
internal static class Limits
{
    /// <summary>Bytes of a body.</summary>
    public const int BodyBytes = 1 << 20;

    /// <summary>What is said of a larger one.</summary>
    public const string TooLarge = "The body is larger than 1 MiB; send less text at once.";

    /// <summary>Bytes of a body that are taken in at all: one that is too large is read to its end, so that its sender sees the answer.</summary>
    public const int DiscardedBytes = 1 << 26;

    /// <summary>Bytes of a body that are held while nobody reads it.</summary>
    public const int BufferBytes = 1 << 16;

    /// <summary>Texts of a request.</summary>
    public const int Texts = 2000;

    /// <summary>Characters of one text.</summary>
    public const int TextCharacters = 100_000;

    /// <summary>Latents that are changed at once.</summary>
    public const int Steered = 64;

    /// <summary>The largest strength of a latent, of either sign.</summary>
    public const double Strength = 1e6;

    /// <summary>Tokens that are added to a prompt.</summary>
    public const int NewTokens = 2048;

    /// <summary>Latents whose part in a preference is computed and tried.</summary>
    public const int Attributed = 200;

    /// <summary>Tokens of prompts with a latent taken away that are computed for the correlation alone, at most.</summary>
    public const int TriedPositions = 4096;

    /// <summary>Latents of a list.</summary>
    public const int Listed = 1000;

    /// <summary>Values of tokens in one answer.</summary>
    public const long AnsweredValues = 1_000_000;

    /// <summary>Requests whose bodies are held at once.</summary>
    public const int BodiesAtOnce = 16;

    /// <summary>Requests that may wait for their body to be read.</summary>
    public const int BodiesWaiting = 256;

    /// <summary>Requests that look up at once.</summary>
    public const int LookupsAtOnce = 8;

    /// <summary>Requests that may wait to look up.</summary>
    public const int LookupsWaiting = 512;

    /// <summary>Open connections.</summary>
    public const int Connections = 1024;
}
