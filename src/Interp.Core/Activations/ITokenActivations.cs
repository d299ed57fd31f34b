namespace Interp.Activations;

/// <summary>Activations of all tokens of some contexts: row i belongs to token i.</summary>
public interface ITokenActivations : IActivationSource, IDisposable
{
    /// <summary>Tokens and documents of the rows.</summary>
    TokenContexts Contexts { get; }
}
