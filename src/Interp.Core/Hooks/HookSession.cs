using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Hooks;

/// <summary>What one forward pass shall capture and change, where it shall stop, and how often each point fired.</summary>
internal sealed class HookSession
{
    private readonly Dictionary<HookPoint, int> fired;
    private readonly Dictionary<HookPoint, Intervention[]> interventions;
    private readonly HashSet<HookPoint> captures;
    private readonly HookPoint? stopAfter;

    /// <param name="captures">Points whose values are kept.</param>
    /// <param name="interventions">Changes, in order.</param>
    /// <param name="stopAfter">The point after which nothing else is computed; null to go on to the logits.</param>
    /// <param name="start">Position of the first token of the pass.</param>
    public HookSession(IEnumerable<HookPoint> captures, IEnumerable<Intervention> interventions, HookPoint? stopAfter = null, int start = 0)
    {
        this.captures = [.. captures];
        this.interventions = interventions.GroupBy(change => change.Point).ToDictionary(group => group.Key, group => group.ToArray());
        this.stopAfter = stopAfter;
        Start = start;
        fired = this.captures.Concat(this.interventions.Keys).Distinct().ToDictionary(point => point, _ => 0);
        if (stopAfter is { } stop)
            fired.TryAdd(stop, 0);
    }

    /// <summary>The points that anyone asked for.</summary>
    public IEnumerable<HookPoint> Points => fired.Keys;

    /// <summary>A pass that nobody watches.</summary>
    public static HookSession Silent() => new([], []);

    /// <summary>Position of the first token of the pass.</summary>
    public int Start { get; }

    /// <summary>Whether the pass has come to its end.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Captured values, detached from any dispose scope; the caller owns them.</summary>
    public Dictionary<HookPoint, Tensor> Captured { get; } = [];

    /// <summary>Whether anyone asked for a point.</summary>
    public bool Wants(HookSite site, int layer) => fired.Count > 0 && fired.ContainsKey(new HookPoint(site, layer));

    /// <summary>Passes a value through a point: interventions replace it, captures keep what came out.</summary>
    public Tensor Pass(HookSite site, int layer, Tensor value)
    {
        if (fired.Count == 0)
            return value;
        var point = new HookPoint(site, layer);
        if (!fired.TryGetValue(point, out var count))
            return value;
        fired[point] = count + 1;
        if (interventions.TryGetValue(point, out var changes))
        {
            foreach (var change in changes)
                value = change.ApplyTo(value, Start);
        }
        if (captures.Contains(point))
            Captured[point] = value.alias().DetachFromDisposeScope();
        Stopped |= point == stopAfter;
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
