using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>
/// Activations that the model computes when they are asked for, the bits of <see cref="Extraction"/>, kept in memory up to a limit:
/// training while extracting, with nothing on disk. Who reads in windows of at most half that limit
/// (<see cref="Autoencoders.TrainingSpec.ShuffleRows"/>) has every token computed once per pass, for both hooks where there is a target.
/// </summary>
/// <remarks>Safe for several threads; one computes, with all cores, while the others wait.</remarks>
public sealed class LiveActivations : ITokenActivations
{
    private readonly object gate = new();
    private readonly LanguageModel model;
    private readonly Device device;
    private readonly ExtractionSpec spec;
    private readonly ContextBatches batches;
    private readonly int[] widths;
    private readonly int groupsKept;
    private readonly Dictionary<int, Group> groups = [];
    private long clock;

    /// <param name="model">The model; not owned.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="contexts">The tokens.</param>
    /// <param name="spec">What to extract.</param>
    /// <param name="rowsKept">How many rows may be in memory besides those of one call.</param>
    public LiveActivations(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec, long rowsKept)
    {
        (this.model, this.device, this.spec, Contexts) = (model, device, spec, contexts);
        batches = new ContextBatches(contexts, spec.BatchContexts);
        widths = [.. spec.Hooks.Select(model.Config.WidthOf)];
        groupsKept = (int)Math.Min(int.MaxValue, rowsKept / batches.RowsPerGroup + 2);
        Target = spec.Hooks.Count > 1 ? new SecondHook(this) : null;
    }

    /// <summary>What a transcoder is to make of these activations, at the second of the hooks; null where there is one. It lives as long as this.</summary>
    public ITokenActivations? Target { get; }

    /// <inheritdoc/>
    public TokenContexts Contexts { get; }

    /// <inheritdoc/>
    public int Width => widths[0];

    /// <inheritdoc/>
    public long Count => Contexts.Rows;

    /// <summary>Tokens that the model has run on so far.</summary>
    public long Computed { get; private set; }

    /// <summary>Rows that are kept at present.</summary>
    internal int RowsInMemory
    {
        get
        {
            lock (gate)
                return groups.Values.Sum(group => group.Values[0].Length / Width);
        }
    }

    /// <inheritdoc/>
    public void Gather(ReadOnlySpan<int> rows, Span<float> destination) => Gather(0, rows, destination);

    /// <summary>Lets go of what is in memory.</summary>
    public void Dispose() => groups.Clear();

    private void Gather(int hook, ReadOnlySpan<int> rows, Span<float> destination)
    {
        var width = widths[hook];
        lock (gate)
        {
            clock++;
            Compute(Missing(rows));
            for (var i = 0; i < rows.Length; i++)
            {
                var group = groups[batches.GroupOf(rows[i])];
                group.Used = clock;
                group.Values[hook].AsSpan((rows[i] - group.Start) * width, width).CopyTo(destination.Slice(i * width, width));
            }
            foreach (var old in groups.OrderBy(pair => pair.Value.Used).ThenBy(pair => pair.Key).Take(groups.Count - groupsKept).ToArray())
                groups.Remove(old.Key);
        }
    }

    private int[] Missing(ReadOnlySpan<int> rows)
    {
        var missing = new SortedSet<int>();
        foreach (var row in rows)
        {
            if (batches.GroupOf(row) is var group && !groups.ContainsKey(group))
                missing.Add(group);
        }
        return [.. missing];
    }

    private void Compute(int[] missing)
    {
        var made = new Group[missing.Length];
        var outer = Workers.Share;
        Workers.Share = Workers.Count;
        try
        {
            Workers.For(missing.Length, i => made[i] = Run(missing[i]));
        }
        finally
        {
            Workers.Share = outer;
        }
        for (var i = 0; i < missing.Length; i++)
        {
            groups.Add(missing[i], made[i]);
            Computed += made[i].Values[0].Length / Width;
        }
    }

    private Group Run(int number)
    {
        using var scope = NewDisposeScope();
        var (start, rows) = batches.RowsOf(number);
        Tensor[] activations = [.. widths.Select(width => empty([rows, width], dtype: ScalarType.Float32, device: CPU))];
        foreach (var pass in batches.Passes(number))
            Extraction.Capture(model, device, Contexts, spec, pass, activations, start);
        return new Group(start, [.. activations.Select(values => TensorMemory.Span<float>(values).ToArray())]) { Used = clock };
    }

    /// <summary>Values of a group of contexts from a row on, an array per hook.</summary>
    private sealed record Group(int Start, float[][] Values)
    {
        public long Used { get; set; }
    }

    /// <summary>The target's values, of the same passes.</summary>
    private sealed class SecondHook(LiveActivations live) : ITokenActivations
    {
        public TokenContexts Contexts => live.Contexts;

        public int Width => live.widths[1];

        public long Count => live.Count;

        public void Gather(ReadOnlySpan<int> rows, Span<float> destination) => live.Gather(1, rows, destination);

        /// <summary>Nothing; the memory belongs to the first hook's activations.</summary>
        public void Dispose()
        {
        }
    }
}
