using System.Globalization;
using Interp.Formats;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Pretraining;

/// <summary>
/// Trains a decoder by AdamW on packed contexts, in float32 on the CPU. A step is cut into microbatches of fixed size, each
/// computed by one thread, and their gradients are added in order: the weights do not depend on the number of threads.
/// </summary>
public sealed class LanguageModelTrainer : IDisposable
{
    private const int EvaluationBatch = 8;
    private readonly PackedContexts contexts;
    private readonly string dataDigest;
    private readonly string[] names;
    private readonly OrderedDictionary<string, Tensor> parameters;
    private readonly Tensor[] means;
    private readonly Tensor[] squares;
    private readonly List<CurvePoint> curve = [];
    private (int Epoch, int[] Order) pass = (-1, []);

    /// <summary>A trainer before its first step.</summary>
    /// <exception cref="InterpException">The recipe cannot be used, or the contexts do not fill one step.</exception>
    public LanguageModelTrainer(LanguageModelRecipe recipe, PackedContexts contexts)
    {
        recipe.Validate();
        if (contexts.Count < recipe.ContextsPerStep)
            throw new InterpException($"The text fills {contexts.Count} contexts, fewer than the {recipe.ContextsPerStep} of one step; give more text.");
        Libtorch.Load();
        Recipe = recipe;
        this.contexts = contexts;
        dataDigest = contexts.Digest();
        parameters = ModelParameters.Initialise(recipe.Model, recipe.Seed, CPU);
        names = [.. parameters.Keys];
        means = [.. parameters.Values.Select(parameter => zeros_like(parameter))];
        squares = [.. parameters.Values.Select(parameter => zeros_like(parameter))];
    }

    /// <summary>What is trained and how.</summary>
    public LanguageModelRecipe Recipe { get; }

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    /// <summary>The points that <see cref="Train"/> recorded, across resumes.</summary>
    public IReadOnlyList<CurvePoint> Curve => curve;

    /// <summary>The weights under their Hugging Face names; they belong to the trainer and change with each step.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => parameters;

    /// <summary>
    /// Goes on to the end of the recipe. After every <paramref name="interval"/> steps it evaluates, records a point of the
    /// curve, writes the checkpoint and reports.
    /// </summary>
    /// <param name="validation">Contexts of held-out texts.</param>
    /// <param name="interval">Steps between two points.</param>
    /// <param name="checkpoint">File that <see cref="Resume"/> reads; null for none.</param>
    /// <param name="report">Told of each point.</param>
    /// <param name="cancel">Stops before the next step.</param>
    public void Train(PackedContexts validation, int interval, string? checkpoint, Action<CurvePoint> report, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        while (Step < Recipe.Steps)
        {
            var end = Math.Min(Recipe.Steps, (Step / interval + 1) * interval);
            var (sum, count) = (0.0, end - Step);
            while (Step < end)
            {
                cancel.ThrowIfCancellationRequested();
                sum += Advance();
            }
            var tokens = (long)Step * Recipe.ContextsPerStep * (contexts.Length - 1);
            curve.Add(new CurvePoint(Step, tokens, sum / count, Evaluate(validation)));
            if (checkpoint is not null)
                Save(checkpoint);
            report(curve[^1]);
        }
    }

    /// <summary>One optimiser step; returns the loss before it, in nats per token.</summary>
    /// <exception cref="InterpException">The gradient is no longer finite.</exception>
    public double Advance()
    {
        var rows = NextRows();
        var losses = new double[Recipe.Microbatches];
        var gradients = new Tensor[Recipe.Microbatches][];
        Workers.For(Recipe.Microbatches, piece =>
            (losses[piece], gradients[piece]) = Gradients(rows.AsSpan(piece * Recipe.ContextsPerMicrobatch, Recipe.ContextsPerMicrobatch)));

        var norms = new double[names.Length];
        Workers.For(names.Length, i => norms[i] = AddGradients(gradients, i));
        var norm = Math.Sqrt(norms.Sum());
        if (!double.IsFinite(norm))
            throw new InterpException($"The gradient of step {Step} is not finite; lower the learning rate.");

        var scale = Math.Min(1, Recipe.ClipNorm / (norm + 1e-6)) / Recipe.Microbatches;
        var learningRate = Recipe.LearningRateAt(Step);
        Step++;
        Workers.For(names.Length, i =>
        {
            using var _ = no_grad();
            AdamW.Update(Recipe, parameters[names[i]], gradients[0][i], means[i], squares[i], learningRate, Step, scale);
            foreach (var piece in gradients)
                piece[i].Dispose();
        });
        return losses.Average();
    }

    /// <summary>Mean loss of the model as it stands, in nats per predicted token.</summary>
    public double Evaluate(PackedContexts validation)
    {
        using var model = LanguageModel.FromParameters(Recipe.Model, parameters);
        return Evaluate(model, validation);
    }

    /// <summary>Mean loss of a model on the CPU, in nats per predicted token.</summary>
    public static double Evaluate(LanguageModel model, PackedContexts validation)
    {
        var sums = new double[(validation.Count + EvaluationBatch - 1) / EvaluationBatch];
        Workers.For(sums.Length, piece =>
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            var first = piece * EvaluationBatch;
            var rows = Enumerable.Range(first, Math.Min(EvaluationBatch, validation.Count - first)).ToArray();
            sums[piece] = Loss(model, validation.Rows(rows, CPU), nn.Reduction.Sum).ToDouble();
        });
        return sums.Sum() / validation.PredictedCount;
    }

    /// <summary>Writes weights, moments, step and curve, whole or not at all.</summary>
    public void Save(string path)
    {
        var tensors = names.SelectMany((name, i) => new KeyValuePair<string, Tensor>[]
        {
            new(name, parameters[name]), new($"mean/{name}", means[i]), new($"square/{name}", squares[i]),
        });
        SafeTensorsWriter.Write(path, tensors, new Dictionary<string, string>
        {
            ["step"] = Step.ToString(CultureInfo.InvariantCulture),
            ["recipe"] = Recipe.Identity,
            ["data"] = dataDigest,
            ["curve"] = TrainingCurve.ToCsv(curve),
        });
    }

    /// <summary>Takes up the state that <see cref="Save"/> wrote; the steps that follow are those of an unbroken run.</summary>
    /// <exception cref="InterpException">The file is missing or damaged, or belongs to another recipe or other data.</exception>
    public void Resume(string path)
    {
        using var file = SafeTensors.Open(path);
        if (file.Metadata.GetValueOrDefault("recipe") != Recipe.Identity || file.Metadata.GetValueOrDefault("data") != dataDigest)
            throw new InterpException($"{path} is the checkpoint of another recipe or of other text; remove it or give another folder.");
        using var _ = no_grad();
        for (var i = 0; i < names.Length; i++)
        {
            Take(file, names[i], parameters[names[i]]);
            Take(file, $"mean/{names[i]}", means[i]);
            Take(file, $"square/{names[i]}", squares[i]);
        }
        Step = int.Parse(file.Metadata["step"], CultureInfo.InvariantCulture);
        curve.Clear();
        curve.AddRange(TrainingCurve.FromCsv(file.Metadata["curve"]));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in parameters.Values.Concat(means).Concat(squares))
            tensor.Dispose();
    }

    private static void Take(SafeTensors file, string name, Tensor target)
    {
        file.Require(name, target.shape);
        using var value = file.View(name);
        target.copy_(value);
    }

    /// <summary>The contexts of the step: each pass over the data is a permutation of its own.</summary>
    private int[] NextRows()
    {
        var stepsPerPass = contexts.Count / Recipe.ContextsPerStep;
        var epoch = Step / stepsPerPass;
        if (pass.Epoch != epoch)
            pass = (epoch, new RandomStream(Recipe.Seed, string.Create(CultureInfo.InvariantCulture, $"language-model/order/{epoch}")).Permutation(contexts.Count));
        return pass.Order[(Step % stepsPerPass * Recipe.ContextsPerStep)..][..Recipe.ContextsPerStep];
    }

    /// <summary>Loss and gradients of one microbatch over leaves that share the memory of the parameters.</summary>
    private (double Loss, Tensor[] Gradients) Gradients(ReadOnlySpan<int> rows)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaves = names.ToDictionary(name => name, name => parameters[name].detach().requires_grad_(true));
        using var model = LanguageModel.FromParameters(Recipe.Model, leaves);
        var loss = Loss(model, contexts.Rows(rows, CPU), nn.Reduction.Mean);
        loss.backward();
        return (loss.ToDouble(), [.. names.Select(name => leaves[name].grad!.DetachFromDisposeScope())]);
    }

    private static Tensor Loss(LanguageModel model, Tensor tokens, nn.Reduction reduction)
    {
        var length = tokens.size(1) - 1;
        var logits = model.Logits(tokens.narrow(1, 0, length));
        return nn.functional.cross_entropy(logits.view(-1, logits.size(-1)), tokens.narrow(1, 1, length).reshape(-1), reduction: reduction);
    }

    /// <summary>Adds the microbatches' gradients of a parameter into the first; returns the square of the mean's norm.</summary>
    private double AddGradients(Tensor[][] gradients, int parameter)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var sum = gradients[0][parameter];
        foreach (var piece in gradients.Skip(1))
            sum.add_(piece[parameter]);
        return sum.square().sum(ScalarType.Float64).ToDouble() / ((double)Recipe.Microbatches * Recipe.Microbatches);
    }
}
