using Interp.Autoencoders;
using Interp.Autoencoders.Kernels;

namespace Interp.Benchmarks;

/// <summary>The sizes of a training step that is to be measured.</summary>
/// <param name="Tokens">Tokens per batch.</param>
/// <param name="Width">Width d of the activations.</param>
/// <param name="Latents">Number of latents M.</param>
/// <param name="K">Active latents per token; for the kinds without a K, what their encoder bias is set to give on average.</param>
/// <param name="Auxiliary">5 % of the latents are dead and AuxK is on, with k_aux = d/2.</param>
/// <param name="Clip">The gradient is clipped.</param>
/// <param name="Rounds">Measured rounds, each one product and one step.</param>
/// <param name="Kernel">Which kernel.</param>
/// <param name="Kind">The kind of dictionary; null: TopK.</param>
/// <param name="Count">Autoencoders; more than one are also trained in one pass and one after the other.</param>
/// <param name="Way">How entries are computed; with <see cref="StepWay.Both"/> each round also takes a step in the way that the rule does not.</param>
public sealed record TrainBenchmarkSpec(
    int Tokens = 2048, int Width = 768, int Latents = 6144, int K = 32, bool Auxiliary = false, bool Clip = false,
    int Rounds = 15, SaeKernel Kernel = SaeKernel.Automatic, SaeKind? Kind = null, int Count = 1, StepWay Way = StepWay.Rule);

/// <summary>How a step computes what is active.</summary>
public enum StepWay
{
    /// <summary>As the kernel's rule has it.</summary>
    Rule,

    /// <summary>By gathering rows.</summary>
    Sparse,

    /// <summary>By dense products.</summary>
    Dense,

    /// <summary>Both, one after the other.</summary>
    Both,
}

/// <summary>What a benchmark of the training step found; times are medians in milliseconds.</summary>
/// <param name="ProductMilliseconds">One libtorch product of the whole batch with the encoder, the faster of both weight layouts.</param>
/// <param name="StepMilliseconds">One optimiser step.</param>
/// <param name="Parts">The step by part; empty for a kernel that does not measure.</param>
/// <param name="Kernel">The kernel that took the steps.</param>
/// <param name="MemoryRatio">(peak memory of the process - memory before the trainer existed) / (parameters · 16 bytes).</param>
/// <param name="CopyGigabytesPerSecond">Speed of copying memory with all threads, bytes read and written.</param>
/// <param name="Spec">The sizes.</param>
/// <param name="LiveTensorsBefore">Live tensors before the measured steps.</param>
/// <param name="LiveTensorsAfter">Live tensors after them.</param>
/// <param name="SideBySide">Time of all autoencoders in one pass over that of one after the other; null for one.</param>
/// <param name="Ways">The step in both ways; null where one was taken.</param>
public sealed record TrainBenchmarkResult(
    TrainBenchmarkSpec Spec, double ProductMilliseconds, double StepMilliseconds, IReadOnlyDictionary<StepPart, PartTime> Parts,
    string Kernel, double MemoryRatio, double CopyGigabytesPerSecond, long LiveTensorsBefore, long LiveTensorsAfter, double? SideBySide, WayTimes? Ways)
{
    /// <summary>The step in units of the product.</summary>
    public double Ratio => StepMilliseconds / ProductMilliseconds;

    /// <summary>Milliseconds of the step in which threads wait for each other or one works alone; null where the parts are not known.</summary>
    public double? WaitingMilliseconds => Parts.Count == 0 ? null : Math.Max(0, StepMilliseconds - Parts.Values.Sum(part => part.Milliseconds));

    /// <summary>Speed of the product.</summary>
    public double ProductGigaflops => 2.0 * Spec.Tokens * Spec.Width * Spec.Latents / ProductMilliseconds / 1e6;
}

/// <summary>A step by gathering rows and by dense products, medians in milliseconds.</summary>
/// <param name="Sparse">By gathering rows.</param>
/// <param name="Dense">By dense products.</param>
/// <param name="RuleIsDense">Whether the kernel's rule takes dense products.</param>
public readonly record struct WayTimes(double Sparse, double Dense, bool RuleIsDense)
{
    /// <summary>Whether the rule takes the faster way.</summary>
    public bool RuleIsFaster => RuleIsDense == Dense < Sparse;
}

/// <summary>The time of a part of the step.</summary>
/// <param name="Milliseconds">Median of the threads' mean.</param>
/// <param name="MemoryMilliseconds">What its memory traffic alone takes at the machine's copy speed; 0 where arithmetic rules.</param>
public readonly record struct PartTime(double Milliseconds, double MemoryMilliseconds);
