using Interp.Autoencoders;
using Xunit;

namespace Interp.Core.Tests.Autoencoders;

/// <summary>Every kind of dictionary, by name, as test data.</summary>
internal static class Kinds
{
    private static readonly Dictionary<string, SaeKind> Known = new SaeKind[]
    {
        SaeKind.TopK,
        new TopKDictionary(2, 0.125),
        new BatchTopKDictionary(),
        new MatryoshkaDictionary([5, 20]),
        new JumpReluDictionary(PreActivation: 0.01),
        new JumpReluDictionary(JumpPenalty.Tanh, StraightThrough: true, PreActivation: 0.01),
        new GatedDictionary(),
        new ReluDictionary(),
    }.ToDictionary(kind => kind.Name);

    public static IEnumerable<string> Names => Known.Keys;

    public static TheoryData<string> All => [.. Names];

    public static SaeKind Of(string name) => Known[name];
}
