// Runs the script that fetches data and peers, once for each, and shows what it says.
using System.Diagnostics;
using Benchmarks.Reports;
using Samples.Common;

namespace Benchmarks.Ann.Engines;

/// <summary>Fetches what a run needs with build/ann-data.sh.</summary>
/// <param name="cache">The folder that node's packages go to.</param>
/// <param name="offline">Whether to fetch nothing.</param>
/// <param name="cancellation">Stops it.</param>
internal sealed class Installer(string cache, bool offline, CancellationToken cancellation)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static string Script => Path.Combine(RepositoryFiles.Root, "build", "ann-data.sh");

    /// <summary>Fetches something.</summary>
    /// <returns>Whether the script says that it is there now.</returns>
    public bool Fetch(string what)
    {
        if (offline || !OperatingSystem.IsLinux())
            return false;
        Screen.Progress($"Fetching {what} (build/ann-data.sh {what}).");
        using Process process = Process.Start(new ProcessStartInfo("bash", [Script, what, cache]) { RedirectStandardInput = true })!;
        process.StandardInput.Close();
        using CancellationTokenRegistration kill = cancellation.Register(() => process.Kill(entireProcessTree: true));
        if (!process.WaitForExit(Patience))
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        return process.ExitCode == 0;
    }
}
