using Interp.Autoencoders;
using Xunit;

namespace Interp.Core.Tests.Autoencoders;

/// <summary>Every kind of dictionary, by name, as test data.</summary>
internal static class Kinds
{
    private static readonly Dictionary<string, SaeKind> OneHook = new SaeKind[]
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

    private static readonly Dictionary<string, SaeKind> TwoHooks = new SaeKind[]
    {
        new TranscoderDictionary(),
        new TranscoderDictionary(Skip: true),
    }.ToDictionary(kind => kind.Name);

    /// <summary>Those that reconstruct what they read.</summary>
    public static IEnumerable<string> Names => OneHook.Keys;

    /// <summary>Those that reconstruct something else.</summary>
    public static IEnumerable<string> Transcoders => TwoHooks.Keys;

    public static TheoryData<string> All => [.. Names];

    public static SaeKind Of(string name) => OneHook.GetValueOrDefault(name) ?? TwoHooks[name];
}
