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
    private readonly int blockRows;
    private readonly int blocksKept;
    private readonly Dictionary<int, Block> blocks = [];
    private long clock;

    /// <param name="model">The model; not owned.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="contexts">The tokens.</param>
    /// <param name="spec">What to extract.</param>
    /// <param name="rowsKept">How many rows may be in memory besides those of one call.</param>
    public LiveActivations(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec, long rowsKept)
    {
        (this.model, this.device, this.spec, Contexts) = (model, device, spec, contexts);
        blockRows = spec.BatchContexts * contexts.Length;
        blocksKept = (int)Math.Min(int.MaxValue, rowsKept / blockRows + 2);
        Target = spec.Hooks.Count > 1 ? new SecondHook(this) : null;
    }

    /// <summary>What a transcoder is to make of these activations, at the second of the hooks; null where there is one. It lives as long as this.</summary>
    public ITokenActivations? Target { get; }

    /// <inheritdoc/>
    public TokenContexts Contexts { get; }

    /// <inheritdoc/>
    public int Width => model.Config.Width;

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
                return blocks.Values.Sum(block => block.Values[0].Length / Width);
        }
    }

    /// <inheritdoc/>
    public void Gather(ReadOnlySpan<int> rows, Span<float> destination) => Gather(0, rows, destination);

    /// <summary>Lets go of what is in memory.</summary>
    public void Dispose() => blocks.Clear();

    private void Gather(int hook, ReadOnlySpan<int> rows, Span<float> destination)
    {
        lock (gate)
        {
            clock++;
            Compute(Missing(rows));
            for (var i = 0; i < rows.Length; i++)
            {
                var block = blocks[rows[i] / blockRows];
                block.Used = clock;
                block.Values[hook].AsSpan(rows[i] % blockRows * Width, Width).CopyTo(destination.Slice(i * Width, Width));
            }
            foreach (var old in blocks.OrderBy(pair => pair.Value.Used).ThenBy(pair => pair.Key).Take(blocks.Count - blocksKept).ToArray())
                blocks.Remove(old.Key);
        }
    }

    private int[] Missing(ReadOnlySpan<int> rows)
    {
        var missing = new SortedSet<int>();
        foreach (var row in rows)
        {
            if (!blocks.ContainsKey(row / blockRows))
                missing.Add(row / blockRows);
        }
        return [.. missing];
    }

    private void Compute(int[] missing)
    {
        var made = new Block[missing.Length];
        var outer = Workers.Share;
        Workers.Share = Workers.Count;
        try
        {
            Workers.For(missing.Length, i => made[i] = new Block(Run(missing[i] * spec.BatchContexts)) { Used = clock });
        }
        finally
        {
            Workers.Share = outer;
        }
        for (var i = 0; i < missing.Length; i++)
        {
            blocks.Add(missing[i], made[i]);
            Computed += made[i].Values[0].Length / Width;
        }
    }

    private float[][] Run(int context)
    {
        using var scope = NewDisposeScope();
        var rows = Contexts.RowsOf(context, spec.BatchContexts).Count;
        Tensor[] activations = [.. spec.Hooks.Select(_ => empty([rows, Width], dtype: ScalarType.Float32, device: CPU))];
        Extraction.Capture(model, device, Contexts, spec, context, activations, 0, rows);
        return [.. activations.Select(values => TensorMemory.Span<float>(values).ToArray())];
    }

    /// <summary>Values of some contexts, an array per hook.</summary>
    private sealed record Block(float[][] Values)
    {
        public long Used { get; set; }
    }

    /// <summary>The target's values, of the same passes.</summary>
    private sealed class SecondHook(LiveActivations live) : ITokenActivations
    {
        public TokenContexts Contexts => live.Contexts;

        public int Width => live.Width;

        public long Count => live.Count;

        public void Gather(ReadOnlySpan<int> rows, Span<float> destination) => live.Gather(1, rows, destination);

        /// <summary>Nothing; the memory belongs to the first hook's activations.</summary>
        public void Dispose()
        {
        }
    }
}
