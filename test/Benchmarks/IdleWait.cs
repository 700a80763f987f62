// The wait for an idle machine, told to the user.
using System.Globalization;
using Benchmarks.Measurement;
using Benchmarks.Reports;

namespace Benchmarks;

internal static class IdleWait
{
    /// <summary>Waits at most <paramref name="seconds"/>, and says what came of it.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public static void Report(double seconds, CancellationToken cancellation)
    {
        if (!CpuReading.IsSupported)
            Screen.Progress("This system does not tell what its processors do (there is no /proc/stat), so runs beside other work cannot be rejected: see to it that nothing else runs.");
        else if (!IdleMachine.Wait(TimeSpan.FromSeconds(seconds), cancellation))
            Screen.Progress(string.Create(CultureInfo.InvariantCulture, $"Other processes kept the machine busy for {seconds:F0} s; measuring all the same. Rows that saw no quiet moment are marked as contended."));
    }
}
