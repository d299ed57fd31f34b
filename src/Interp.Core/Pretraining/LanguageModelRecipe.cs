using System.Text.Json;
using Interp.Models;
using Interp.Runtime;

namespace Interp.Pretraining;

/// <summary>Everything that decides the bits of a trained language model, besides its data.</summary>
public sealed record LanguageModelRecipe
{
    /// <summary>Shape of the model, of the Phi-3 architecture.</summary>
    public required ModelConfig Model { get; init; }

    /// <summary>Seed of the initial weights and of the order of the contexts.</summary>
    public long Seed { get; init; }

    /// <summary>Optimiser steps of the whole run; the learning rate follows it.</summary>
    public required int Steps { get; init; }

    /// <summary>Pieces of a step. Each is computed by one thread; their gradients are added in order.</summary>
    public int Microbatches { get; init; } = 8;

    /// <summary>Contexts of a piece.</summary>
    public int ContextsPerMicrobatch { get; init; } = 2;

    /// <summary>Highest learning rate.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Learning rate at the end, as a share of the highest.</summary>
    public double FinalShare { get; init; } = 0.03;

    /// <summary>Steps over which the learning rate rises from 0.</summary>
    public int WarmUpSteps { get; init; } = 100;

    /// <summary>Decay of the mean gradient.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean squared gradient.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of the mean squared gradient.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay, of matrices alone.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Largest norm of the gradient; a longer one is scaled down to it.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Contexts of a step.</summary>
    public int ContextsPerStep => Microbatches * ContextsPerMicrobatch;

    /// <summary>Learning rate of a step, counted from 0: a straight rise, then a half cosine down to the final share.</summary>
    public double LearningRateAt(int step)
    {
        if (step < WarmUpSteps)
            return LearningRate * (step + 1) / WarmUpSteps;
        var progress = (double)(step - WarmUpSteps) / Math.Max(1, Steps - WarmUpSteps);
        return LearningRate * (FinalShare + (1 - FinalShare) * (1 + Math.Cos(Math.PI * progress)) / 2);
    }

    /// <summary>A text that two recipes share exactly when they train the same model on the same data.</summary>
    internal string Identity => JsonSerializer.Serialize(this);

    /// <summary>Fails when a value cannot be used.</summary>
    internal void Validate()
    {
        if (Model.Architecture != "Phi3ForCausalLM")
            throw new InterpException($"The architecture {Model.Architecture} is not one that the trainer initialises; use Phi3ForCausalLM.");
        if (Steps < 1 || Microbatches < 1 || ContextsPerMicrobatch < 1 || WarmUpSteps < 0)
            throw new InterpException("The recipe has no steps, no contexts in a step, or a negative warm-up; give 1 or more of each.");
    }
}
