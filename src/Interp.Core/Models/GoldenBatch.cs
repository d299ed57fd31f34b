using System.Globalization;
using Interp.Formats;
using Interp.Hooks;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>A file of golden values: tokens, the positions that count, and what a reference library computed at hook points and as logits.</summary>
internal sealed class GoldenBatch : IDisposable
{
    private const string Tokens = "input_ids", Mask = "attention_mask", Counted = "valid";
    private static readonly string[] Others = [Tokens, Mask, Counted, "logits", "logits_last", "top_ids", "top_logits"];

    private readonly SafeTensors file;

    private GoldenBatch(SafeTensors file)
    {
        this.file = file;
        Points = [.. from name in file.Entries.Keys let point = PointOf(name) where point is not null select (name, point.Value)];
        if (Points.Count == 0 && !Holds("logits") && !Holds("logits_last") && !Holds("top_logits"))
            throw Fault("holds neither hidden states nor logits");
        using var scope = NewDisposeScope();
        var valid = file.View(Counted).ne(0);
        if (!valid.any().ToBoolean())
            throw Fault($"counts no position in '{Counted}'");
        Valid = valid.DetachFromDisposeScope();
    }

    /// <exception cref="InterpException">The file cannot be read, holds nothing that can be compared, or counts no position.</exception>
    public static GoldenBatch Open(string path)
    {
        var file = SafeTensors.Open(path);
        try
        {
            return new GoldenBatch(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>What the checks of this file begin with.</summary>
    public string Label => Path.GetFileNameWithoutExtension(file.Path);

    /// <summary>The values of hook points, by their name in the file.</summary>
    public IReadOnlyList<(string Name, HookPoint Point)> Points { get; }

    /// <summary>Which positions count, bool [B, T].</summary>
    public Tensor Valid { get; }

    /// <summary>Tensors that are no golden values of a known name.</summary>
    public IEnumerable<string> Unknown => file.Entries.Keys.Where(name => PointOf(name) is null && !Others.Contains(name));

    /// <summary>Whether the file has a tensor of this name.</summary>
    public bool Holds(string name) => file.Entries.ContainsKey(name);

    /// <summary>A tensor of the file.</summary>
    public Tensor this[string name] => file.View(name);

    /// <summary>The golden values that ours are compared with, in float64.</summary>
    /// <exception cref="InterpException">They have another shape.</exception>
    public Tensor Beside(Tensor ours, string name)
    {
        var golden = file.View(name);
        return golden.shape.SequenceEqual(ours.shape)
            ? golden.to(ScalarType.Float64)
            : throw Fault($"holds '{name}' with shape [{string.Join(", ", golden.shape)}] where the model gives [{string.Join(", ", ours.shape)}]");
    }

    /// <summary>A pass over the tokens that captures all <see cref="Points"/>.</summary>
    public ModelRun Run(LanguageModel model) => model.Run(file.View(Tokens), [.. Points.Select(pair => pair.Point)], mask: file.View(Mask));

    public void Dispose()
    {
        Valid.Dispose();
        file.Dispose();
    }

    /// <summary><c>hidden.0</c> is what enters block 0, <c>hidden.i</c> the output of block i-1.</summary>
    private static HookPoint? PointOf(string name)
    {
        var dot = name.LastIndexOf('.');
        if (dot < 0 || !int.TryParse(name.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return null;
        return name[..dot] switch
        {
            "hidden" => index == 0 ? new HookPoint(HookSite.ResidPre, 0) : HookPoint.ResidPost(index - 1),
            "attn_out" => new HookPoint(HookSite.AttnOut, index),
            "mlp_out" => new HookPoint(HookSite.MlpOut, index),
            "resid_mid" => new HookPoint(HookSite.ResidMid, index),
            _ => null,
        };
    }

    private InterpException Fault(string what) => new($"{file.Path} {what}; use golden values of this model.");
}
