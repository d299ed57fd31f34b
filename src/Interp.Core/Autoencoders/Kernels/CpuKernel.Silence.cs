using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    private readonly AlignedBuffer<byte> flags = new();
    private readonly AlignedBuffer<byte> fired = new();
    private readonly AlignedBuffer<int> deadLatents = new();
    private readonly AlignedBuffer<int> placeAmongDead = new();

    /// <summary>Counts the dead and leaves a flag of 1 for each, where the rule looks before the forward pass.</summary>
    private int? DeadBefore(DeadRule dead) => dead.Counted == DeadCount.BeforeForward ? FlagDead(dead) : null;

    /// <summary>Moves the counters of silence and counts the dead; <see cref="flags"/> keeps 1 for each of them.</summary>
    private int CountSilence(DeadRule dead, int? before)
    {
        var flag = fired.Zeroed(latents);
        var above = T.CreateChecked(dead.FiredAbove);
        for (var row = 0; row < work.Tokens; row++)
        {
            var values = main.Values(row);
            var indices = main.Indices(row);
            for (var s = 0; s < main.Counts[row]; s++)
            {
                if ((rule.RanksByNorm ? values[s] * rule.Norms[indices[s]] : values[s]) > above)
                    flag[indices[s]] = 1;
            }
        }
        var silent = TensorMemory.Pointer<long>(work.State.Silent);
        var step = dead.Step(work.Tokens);
        for (var j = 0; j < latents; j++)
            silent[j] = flag[j] == 0 ? silent[j] + step : dead.Counted == DeadCount.AfterForward ? step : 0;
        return before ?? FlagDead(dead);
    }

    private int FlagDead(DeadRule dead)
    {
        var silent = TensorMemory.Pointer<long>(work.State.Silent);
        var flag = flags.Ensure(latents);
        var count = 0;
        for (var j = 0; j < latents; j++)
            count += flag[j] = silent[j] > dead.Window ? (byte)1 : (byte)0;
        return count;
    }

    /// <summary>Fills the list of the dead latents and each latent's place in it, -1 for the living.</summary>
    private void ListDead()
    {
        var list = deadLatents.Ensure(latents);
        var places = placeAmongDead.Ensure(latents);
        var at = 0;
        for (var j = 0; j < latents; j++)
        {
            var isDead = flags.Pointer[j] != 0;
            places[j] = isDead ? at : -1;
            if (isDead)
                list[at++] = j;
        }
    }
}
