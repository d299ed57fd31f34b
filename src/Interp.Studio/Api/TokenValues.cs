using System.ComponentModel;
using Interp.Features;

namespace Interp.Studio.Api;

/// <summary>A latent's values on a text.</summary>
internal sealed record TokenValues
{
    [Description("The text as written.")]
    public required string Text { get; init; }

    [Description("Its tokens; joined they are the text.")]
    public required IReadOnlyList<string> Tokens { get; init; }

    [Description("The latent's value on each token; 0 where it does not fire.")]
    public required IReadOnlyList<float> Values { get; init; }

    public static TokenValues Of(Reading reading, IReadOnlyList<float> values) => new() { Text = reading.Text, Tokens = reading.Tokens, Values = values };
}
