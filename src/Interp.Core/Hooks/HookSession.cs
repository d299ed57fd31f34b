using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Hooks;

/// <summary>What one forward pass shall capture and edit, and how often each point fired.</summary>
internal sealed class HookSession
{
    private readonly Dictionary<HookPoint, int> fired;
    private readonly IReadOnlyDictionary<HookPoint, Func<Tensor, Tensor>>? edits;
    private readonly HashSet<HookPoint> captures;

    public HookSession(IEnumerable<HookPoint> captures, IReadOnlyDictionary<HookPoint, Func<Tensor, Tensor>>? edits)
    {
        this.captures = [.. captures];
        this.edits = edits;
        fired = this.captures.Concat(edits?.Keys ?? []).Distinct().ToDictionary(point => point, _ => 0);
    }

    /// <summary>Captured values, detached from any dispose scope; the caller owns them.</summary>
    public Dictionary<HookPoint, Tensor> Captured { get; } = [];

    /// <summary>The last layer that anyone asked for, or -1.</summary>
    public int LastLayer => fired.Keys.Select(point => point.Site == HookSite.Embed ? -1 : point.Layer).DefaultIfEmpty(-1).Max();

    /// <summary>Passes a value through a point: edits replace it, captures keep what came out.</summary>
    public Tensor Pass(HookSite site, int layer, Tensor value)
    {
        if (fired.Count == 0)
            return value;
        var point = new HookPoint(site, layer);
        if (!fired.TryGetValue(point, out var count))
            return value;
        fired[point] = count + 1;
        if (edits is not null && edits.TryGetValue(point, out var edit))
            value = edit(value);
        if (captures.Contains(point))
            Captured[point] = value.alias().DetachFromDisposeScope();
        return value;
    }

    /// <summary>How often a point fired.</summary>
    public int Fired(HookPoint point) => fired.GetValueOrDefault(point);

    /// <summary>Fails when a requested point fired zero times.</summary>
    public void RequireAllFired()
    {
        foreach (var (point, count) in fired.OrderBy(pair => pair.Key))
        {
            if (count == 0)
                throw new InterpException($"The hook point {point} never fired; the forward pass ended before it.");
        }
    }
}
