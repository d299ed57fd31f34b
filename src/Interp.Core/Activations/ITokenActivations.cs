namespace Interp.Activations;

/// <summary>Activations of all tokens of some contexts: row i belongs to token i.</summary>
public interface ITokenActivations : IActivationSource, IDisposable
{
    /// <summary>Tokens and documents of the rows.</summary>
    TokenContexts Contexts { get; }

    /// <summary>Whether the activations of a row count for whoever made them; all do unless a store was made with <see cref="TokenSkipping"/>.</summary>
    bool Counts(int row) => true;
}
