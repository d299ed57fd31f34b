using System.Globalization;
using Interp.Autoencoders.Kernels;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>Which implementation of the step is used.</summary>
public enum SaeKernel
{
    /// <summary>The fast one on the CPU, libtorch's operations elsewhere.</summary>
    Automatic,

    /// <summary>C# on the CPU, one dense product and the rest sparse; float32 or float64.</summary>
    Cpu,

    /// <summary>libtorch's operations; any device.</summary>
    Aten,
}

/// <summary>What one optimiser step found.</summary>
/// <param name="Step">Number of the step, from 0.</param>
/// <param name="K">Active latents per token in this step.</param>
/// <param name="LearningRate">Learning rate of this step.</param>
/// <param name="Terms">The terms of the loss with their coefficients by name, the main one first.</param>
/// <param name="Fvu">The batch's fraction of variance unexplained at this step's k, in the encoder's space.</param>
/// <param name="GradientNorms">Norm of each parameter's gradient, by name, before clipping and after the projection.</param>
/// <param name="Dead">Dead latents by the training counter, after this step.</param>
/// <param name="Active">Mean number of active latents per token.</param>
public sealed record StepReport(int Step, int K, double LearningRate, IReadOnlyList<KeyValuePair<string, double>> Terms, double Fvu, IReadOnlyList<KeyValuePair<string, double>> GradientNorms, int Dead, double Active)
{
    /// <summary>The loss that was minimised.</summary>
    public double Loss => Terms.Sum(term => term.Value);

    /// <summary>The main term of the loss.</summary>
    public double MainLoss => Term(LossTerm.Main);

    /// <summary>A term of the loss; 0 where the step had none of this name.</summary>
    public double Term(string name) => Terms.FirstOrDefault(term => term.Key == name).Value;

    /// <summary>Norm of all gradients together.</summary>
    public double GradientNorm => Math.Sqrt(GradientNorms.Sum(norm => norm.Value * norm.Value));

    /// <summary>Whether loss and gradient are numbers.</summary>
    public bool IsFinite => double.IsFinite(Loss) && double.IsFinite(GradientNorm);

    /// <summary>Whether the run is lost: a loss or gradient that is no number, or an error of a million times the variance.</summary>
    public bool HasDiverged => !IsFinite || Fvu > 1e6;
}

/// <summary>Trains an autoencoder step by step. One thread calls it; inside, <see cref="Workers"/> share the work.</summary>
public sealed class SaeTrainer : IDisposable
{
    private readonly ISaeKernel kernel;

    /// <param name="spec">The recipe.</param>
    /// <param name="autoencoder">What is trained, in place; the trainer owns it from now on.</param>
    /// <param name="totalSteps">Steps of the whole run, by which the schedules are stretched.</param>
    /// <param name="choice">Which kernel.</param>
    /// <exception cref="InterpException">The spec and the autoencoder do not fit each other, or the kernel does not serve its device.</exception>
    public SaeTrainer(TrainingSpec spec, SparseAutoencoder autoencoder, int totalSteps, SaeKernel choice = SaeKernel.Automatic)
    {
        spec.Validate();
        if (spec.Latents != autoencoder.Latents || spec.TiedDecoder != autoencoder.Tied || spec.Kind.SubtractsBias != autoencoder.SubtractDecoderBias || spec.Kind.Name != autoencoder.Kind.Name)
            throw new InterpException($"The {autoencoder.Kind.Name} autoencoder has {autoencoder.Latents} latents{(autoencoder.Tied ? " and a tied decoder" : "")}, the spec asks for {spec.Kind.Name} with {spec.Latents}{(spec.TiedDecoder ? " and a tied decoder" : "")}; start from one made for this spec.");
        Spec = spec;
        Autoencoder = autoencoder;
        TotalSteps = totalSteps;
        State = new TrainerState(autoencoder, spec.TiedDecoder);
        kernel = Kernel(choice, spec, autoencoder);
    }

    /// <summary>The recipe.</summary>
    public TrainingSpec Spec { get; }

    /// <summary>The autoencoder as it is now; its K is the target K. It lives as long as the trainer.</summary>
    public SparseAutoencoder Autoencoder { get; }

    /// <summary>Steps of the whole run.</summary>
    public int TotalSteps { get; }

    /// <summary>Steps taken so far.</summary>
    public int CompletedSteps => State.Step;

    internal TrainerState State { get; }

    /// <summary>Where the next steps leave their gradients; null: nowhere.</summary>
    internal StepGradients? Record { get; set; }

    /// <summary>k of a step.</summary>
    public int KAt(int step) => Spec.KSchedule.At(step, TotalSteps, Spec.K, Spec.Latents);

    /// <summary>Takes one optimiser step.</summary>
    /// <param name="batch">Tokens [n, d] in the model's own scale; any floating type. Not changed.</param>
    /// <param name="target">For a transcoder, what is to be reconstructed [n, d'], in its own scale.</param>
    public StepReport Step(Tensor batch, Tensor? target = null)
    {
        using var prepared = PreparedBatch.Of(batch, target, Autoencoder.Transform, Autoencoder.Precision, Autoencoder.Device);
        return Step(prepared);
    }

    /// <summary>Takes one optimiser step on a batch that may be shared by trainers of the same input transform.</summary>
    internal StepReport Step(PreparedBatch batch)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Workers.SingleThreaded();
        if (Spec.Kind.IsTranscoder != batch.Target is not null)
            throw new InterpException($"A {Spec.Kind.Name} {(batch.Target is null ? "needs a target for each batch" : "reconstructs the batch itself")}; {(batch.Target is null ? "give the activations of the second hook" : "leave the target out")}.");
        var step = State.Step;
        var k = KAt(step);
        var rate = Spec.LearningRate.At(step, TotalSteps, Spec.Latents);
        var input = new StepInput(batch.Raw, batch.Tokens, batch.Target, k, Spec.Sparsity.At(step, TotalSteps), rate);
        var found = kernel.Step(State, input, Spec, Record);
        if (Spec.Resampling?.IsDue(step, TotalSteps) == true)
            Resampling.Apply(State, Autoencoder, input.Tokens.Values, k, Spec);
        return new StepReport(step, k, rate, found.Terms, found.Fvu, [.. State.Parameters.Zip(found.GradientNorms, (parameter, norm) => KeyValuePair.Create(parameter.Name, norm))], found.Dead, found.Active);
    }

    /// <summary>The kernel that takes the steps: <c>cpu</c> or <c>aten</c>.</summary>
    public string KernelName => kernel.Name;

    /// <summary>Makes the next steps be computed densely or not, for measurements; null: by the kernel's rule.</summary>
    internal void ComputeDensely(bool? choice)
    {
        if (kernel is CpuKernel<float> single)
            single.ComputesDensely = choice;
        else
            throw new InterpException($"The kernel {KernelName} knows one way to compute a step alone; choose the kernel cpu.");
    }

    /// <summary>Whether the last step was computed densely, wholly or in part.</summary>
    internal bool IsComputedDensely => kernel is CpuKernel<float> { IsDense: true };

    /// <summary>Thread seconds per part of the steps since the last call; empty for a kernel that does not measure.</summary>
    public IReadOnlyDictionary<StepPart, double> TakeParts() => kernel.TakeParts();

    /// <summary>Number of dead latents by the counter as it stands.</summary>
    public int DeadLatents()
    {
        using var scope = NewDisposeScope();
        return (State.Silent > Spec.Dead.Window).sum().ToInt32();
    }

    /// <summary>Writes everything that the next step depends on: weights, moments, counters and the step.</summary>
    /// <param name="path">A .safetensors file, replaced in one go.</param>
    public void Save(string path)
    {
        var transform = Autoencoder.Transform;
        var tensors = State.Tensors();
        if (transform.Centre is { } centre)
            tensors = tensors.Append(KeyValuePair.Create("centre", centre));
        SafeTensorsWriter.Write(path, tensors, new Dictionary<string, string>
        {
            ["format"] = "interp-trainer-1",
            ["step"] = State.Step.ToString(CultureInfo.InvariantCulture),
            ["total_steps"] = TotalSteps.ToString(CultureInfo.InvariantCulture),
            ["normalisation"] = transform.Kind.ToString(),
            ["scale"] = transform.Scale.ToString("R", CultureInfo.InvariantCulture),
        });
    }

    /// <summary>A trainer that goes on from a checkpoint as if it had never stopped.</summary>
    /// <param name="path">A file of <see cref="Save"/>.</param>
    /// <param name="spec">The recipe that the checkpoint was made with.</param>
    /// <param name="device">Where to go on.</param>
    /// <param name="choice">Which kernel.</param>
    /// <exception cref="InterpException">The file is no checkpoint, or one of another recipe.</exception>
    public static SaeTrainer Load(string path, TrainingSpec spec, Device device, SaeKernel choice = SaeKernel.Automatic)
    {
        using var file = SafeTensors.Open(path);
        if (file.Metadata.GetValueOrDefault("format") != "interp-trainer-1")
            throw new InterpException($"{path} is not a training checkpoint; give the file that the run wrote.");
        file.Require("encoder_weight", spec.Latents, -1);
        file.Require("silent", spec.Latents);
        var precision = file.Entries["encoder_weight"].Type;
        var encoder = file.Load("encoder_weight", precision, device);
        var transform = new InputTransform(
            Enum.Parse<InputNormalisation>(file.Metadata["normalisation"]),
            file.Entries.ContainsKey("centre") ? file.Load("centre", precision, device).DetachFromDisposeScope() : null,
            double.Parse(file.Metadata["scale"], CultureInfo.InvariantCulture));
        var autoencoder = new SparseAutoencoder(encoder, file.Load("encoder_bias", precision, device),
            spec.TiedDecoder ? encoder : file.Load("decoder_weight", precision, device), file.Load("decoder_bias", precision, device), spec.K, transform,
            spec.Kind, spec.Kind.Extras.ToDictionary(extra => extra.Name, extra => file.Load(extra.Name, precision, device)));
        var trainer = new SaeTrainer(spec, autoencoder, int.Parse(file.Metadata["total_steps"], CultureInfo.InvariantCulture), choice);
        using var noGradient = no_grad();
        foreach (var (name, tensor) in trainer.State.Tensors())
        {
            using var stored = file.Load(name, tensor.dtype, device);
            tensor.copy_(stored);
        }
        trainer.State.Step = int.Parse(file.Metadata["step"], CultureInfo.InvariantCulture);
        return trainer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        kernel.Dispose();
        State.Dispose();
        Autoencoder.Dispose();
    }

    private static ISaeKernel Kernel(SaeKernel choice, TrainingSpec spec, SparseAutoencoder autoencoder)
    {
        if (choice == SaeKernel.Cpu && !spec.IsFused)
            throw new InterpException($"The CPU kernel does not serve this recipe ({spec.Kind.Name}, or a loss that it does not have); use the kernel aten or automatic.");
        var onCpu = autoencoder.Device.type == DeviceType.CPU && spec.IsFused;
        return (choice, autoencoder.Precision) switch
        {
            (SaeKernel.Aten, _) => new AtenKernel(),
            (_, ScalarType.Float32) when onCpu => new CpuKernel<float>(spec.Kind, autoencoder.Latents, autoencoder.Width, autoencoder.OutputWidth),
            (_, ScalarType.Float64) when onCpu => new CpuKernel<double>(spec.Kind, autoencoder.Latents, autoencoder.Width, autoencoder.OutputWidth),
            (SaeKernel.Automatic, _) => new AtenKernel(),
            _ => throw new InterpException($"The CPU kernel does not serve {autoencoder.Precision} on {autoencoder.Device}; use float32 or float64 on the CPU, or the kernel aten."),
        };
    }
}
