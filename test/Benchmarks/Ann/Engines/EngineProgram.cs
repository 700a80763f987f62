// How an engine's process is started, whether its library is there, and what fetches it.
using System.Diagnostics;
using System.Globalization;
using Benchmarks.Reports;
using Samples.Common;

namespace Benchmarks.Ann.Engines;

/// <summary>The programs that speak the protocol.</summary>
/// <param name="cache">The folder that node's packages are installed into.</param>
/// <param name="install">Fetches what is missing.</param>
internal sealed class EngineProgram(string cache, Func<string, bool> install)
{
    // Debian's own: its packages are for no other.
    private const string Python = "/usr/bin/python3", Node = "node";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, bool> _available = [];

    private static string Peers => Path.Combine(RepositoryFiles.Root, "test", "Benchmarks", "peers");

    /// <summary>Whether an engine can run; what is missing is fetched once.</summary>
    public bool IsAvailable(string engine)
    {
        if (engine == AnnContenders.Ours)
            return true;
        if (_available.TryGetValue(engine, out bool known))
            return known;
        bool found = Answers(engine) || (install(engine) && Answers(engine));
        if (!found)
            Screen.Progress($"{engine} is not installed, so it is left out; build/ann-data.sh {engine} installs it (Debian's packages with apt-get, as root, usearch with npm).");
        return _available[engine] = found;
    }

    /// <summary>The program of an engine.</summary>
    /// <param name="engine">Its name.</param>
    /// <param name="threads">Threads that it may use for building.</param>
    public ProcessStartInfo Start(string engine, int threads)
    {
        ProcessStartInfo start = engine == AnnContenders.Ours ? OwnProcess.Start(CommandLine.AnnChild) : Peer(engine);
        start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
        return start;
    }

    private ProcessStartInfo Peer(string engine)
    {
        if (engine != AnnContenders.Usearch)
            return new ProcessStartInfo(Python, [Path.Combine(Peers, engine + ".py")]);
        ProcessStartInfo start = new(Node, ["--expose-gc", Path.Combine(Peers, "usearch.mjs")]);
        start.Environment["NODE_MODULES_FOLDER"] = Path.Combine(cache, "node_modules");
        return start;
    }

    // A script that finds its library ends well when its input does.
    private bool Answers(string engine)
    {
        ProcessStartInfo start = Peer(engine);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            process.StandardOutput.ReadToEndAsync();
            process.StandardError.ReadToEndAsync();
            return process.WaitForExit(Patience) && process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
