using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Interp.Studio.Guards;
using Interp.Studio.Http;

namespace Interp.Studio.Api;

/// <summary>How a latent fires on texts of one's own.</summary>
internal static class FeatureTest
{
    public sealed record Question
    {
        [Description("The texts."), Length(1, Limits.Texts)]
        public required IReadOnlyList<string> Texts { get; init; }
    }

    public sealed record Answer
    {
        [Description("Its values on each text.")]
        public required IReadOnlyList<TokenValues> Texts { get; init; }

        [Description("Its maximum in the atlas.")]
        public required float Max { get; init; }
    }

    public static Operation Of(Workbench bench) =>
        Operation.Post<Question, Answer>("/api/v1/features/{id}/test", "How a latent fires on some texts.", (question, call) => Run(bench, bench.Known(call.At("id")), question, call.Cancel)) with
        {
            At = bench.ExampleRoute,
            Example = JsonNode.Parse("""{"texts": ["On 1 May it rained."]}"""),
        };

    private static Answer Run(Workbench bench, int latent, Question question, CancellationToken cancel) => new()
    {
        Texts = [.. bench.Microscope.Read(question.Texts, cancel).Select(reading => TokenValues.Of(reading, reading.ValuesOf(latent)))],
        Max = bench.Atlas.Max[latent],
    };
}
