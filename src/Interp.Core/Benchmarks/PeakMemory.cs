using System.Diagnostics;

namespace Interp.Benchmarks;

/// <summary>Watches the memory of the process while it lives; a peak between two looks counts where it is the largest of the whole process.</summary>
internal sealed class PeakMemory : IDisposable
{
    private readonly Timer timer;
    private readonly long before = OfProcess(process => process.PeakWorkingSet64);
    private long peak;

    public PeakMemory() => timer = new Timer(_ => Look(), null, 0, 5);

    public long Peak
    {
        get
        {
            Look();
            var whole = OfProcess(process => process.PeakWorkingSet64);
            return whole > before ? Math.Max(peak, whole) : peak;
        }
    }

    public void Dispose() => timer.Dispose();

    private void Look() => peak = Math.Max(peak, OfProcess(process => process.WorkingSet64));

    private static long OfProcess(Func<Process, long> number)
    {
        using var process = Process.GetCurrentProcess();
        return number(process);
    }
}
