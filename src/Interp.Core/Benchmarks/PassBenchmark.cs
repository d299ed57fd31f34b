using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Interp.Activations;
using Interp.Autoencoders;
using Interp.Models;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Benchmarks;

/// <summary>What the ways to train a grid take, in seconds.</summary>
/// <param name="Extraction">Extracting the training activations into a store.</param>
/// <param name="Alone">All trainings from the store, one after the other.</param>
/// <param name="Pass">All trainings from the store in one pass.</param>
/// <param name="Live">All trainings in one pass while extracting, without a store.</param>
/// <param name="SameBits">Whether every training gave the same bits in all three ways.</param>
public sealed record PassBenchmarkResult(double Extraction, double Alone, double Pass, double Live, bool SameBits)
{
    /// <summary>One pass over single runs, both from a store.</summary>
    public double PassRatio => Pass / Alone;

    /// <summary>Training while extracting over extraction and single runs.</summary>
    public double LiveRatio => Live / (Extraction + Alone);
}

/// <summary>Trains a grid of autoencoders one after the other, in one pass, and while extracting; to the same bits.</summary>
public static class PassBenchmark
{
    /// <param name="model">The model.</param>
    /// <param name="contexts">The training tokens, all of which count.</param>
    /// <param name="extraction">What is extracted.</param>
    /// <param name="recipes">The grid; all are in memory at once.</param>
    /// <param name="rowsKept">Rows that live training may keep in memory.</param>
    /// <param name="folder">A folder for the store; what it holds is left there.</param>
    /// <param name="progress">Is told what begins.</param>
    public static PassBenchmarkResult Run(LanguageModel model, TokenContexts contexts, ExtractionSpec extraction, IReadOnlyList<TrainingSpec> recipes,
        long rowsKept, string folder, Action<string> progress)
    {
        progress("extraction");
        var extracting = Time(() => Extraction.Run(model, CPU, contexts, extraction, [folder]));
        using var store = ActivationStore.Open(folder);

        string[] Digests(Action<Action<int, IActivationSource, TrainingPlace?>> way)
        {
            var digests = new string[recipes.Count];
            way((number, source, place) => digests[number] = Train(recipes[number], source, place));
            return digests;
        }

        string[] single = [], pass = [], live = [];
        progress("one after the other from the store");
        var alone = Time(() => single = Digests(train =>
        {
            for (var i = 0; i < recipes.Count; i++)
                train(i, store, null);
        }));
        progress("in one pass from the store");
        var together = Time(() => pass = Digests(train => TrainingPass.Run(recipes.Count, place => train(place.Number, store, place))));
        progress("in one pass while extracting");
        var extractingToo = Time(() => live = Digests(train =>
        {
            using var source = new LiveActivations(model, CPU, contexts, extraction, rowsKept);
            TrainingPass.Run(recipes.Count, place => train(place.Number, source, place));
        }));
        return new PassBenchmarkResult(extracting, alone, together, extractingToo, single.SequenceEqual(pass) && single.SequenceEqual(live));
    }

    /// <summary>Trains to the end; the digest of the weights.</summary>
    private static string Train(TrainingSpec recipe, IActivationSource source, TrainingPlace? place)
    {
        using var scope = NewDisposeScope();
        using var run = TrainingRun.Start(recipe, source, CPU, place: place);
        run.Run(_ => { }, place?.Cancel ?? default);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var parameter in run.Trainer.State.Parameters)
            hash.AppendData(MemoryMarshal.AsBytes(TensorMemory.Span<float>(parameter.Value)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static double Time(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
