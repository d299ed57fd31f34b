using Interp.Hooks;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>The result of one forward pass; it owns its tensors.</summary>
public sealed class ModelRun : IDisposable
{
    private readonly HookSession session;

    internal ModelRun(HookSession session, Tensor? logits)
    {
        this.session = session;
        Logits = logits;
    }

    /// <summary>[batch, position, vocabulary], or null when the pass stopped early.</summary>
    public Tensor? Logits { get; }

    /// <summary>A captured value, [batch, position, width].</summary>
    public Tensor this[HookPoint point] => session.Captured.TryGetValue(point, out var value)
        ? value
        : throw new InterpException($"The hook point {point} was not captured in this run.");

    /// <summary>How often a point fired.</summary>
    public int Fired(HookPoint point) => session.Fired(point);

    /// <inheritdoc/>
    public void Dispose()
    {
        Logits?.Dispose();
        foreach (var value in session.Captured.Values)
            value.Dispose();
    }
}
