// memory: what a model costs on disk, to load and to hold, each engine in a process of its own. Files are made here, in another
// process, so that making them does not count.
using System.Globalization;
using Benchmarks.Engines;
using Benchmarks.Models;
using Benchmarks.Reports;

namespace Benchmarks.Memory;

/// <summary>What the command line of memory chose.</summary>
internal sealed record MemoryOptions
{
    public required IReadOnlyList<BenchmarkModel> Models { get; init; }

    public required IReadOnlyList<ModelFileKind> Engines { get; init; }

    public required int Threads { get; init; }

    public required double IdleSeconds { get; init; }

    public string? Json { get; init; }
}

/// <summary>Measures file size, load time and peak memory of every model in every engine.</summary>
internal sealed class MemoryCommand(MemoryOptions options, CancellationToken cancellation)
{
    private readonly List<MemoryRow> _rows = [];

    /// <summary>Measures, and writes what was measured even where it is cancelled or an engine fails.</summary>
    /// <exception cref="InvalidDataException">A child process failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Run()
    {
        try
        {
            IdleWait.Report(options.IdleSeconds, cancellation);
            foreach (BenchmarkModel description in options.Models)
            {
                Screen.Progress($"{description.Name}: preparing");
                using PreparedModel model = new(description);
                foreach (ModelFileKind engine in options.Engines)
                {
                    cancellation.ThrowIfCancellationRequested();
                    string path = engine.Write(model);
                    MemoryReading reading = InChild(description, engine, path);
                    _rows.Add(new MemoryRow(description, engine.Name, options.Threads, ModelFileKind.Bytes(path), reading));
                    Screen.Progress(_rows[^1].ToString());
                }
            }
        }
        finally
        {
            if (options.Json is string path)
                JsonFile.Write(path, _rows);
            MemoryTable.Show(_rows);
        }
    }

    private MemoryReading InChild(BenchmarkModel model, ModelFileKind engine, string path) => OwnProcess.Read<MemoryReading>(
        $"{model.Name} in {engine.Name}",
        cancellation,
        CommandLine.MemoryChild,
        "--model", model.Name, "--engine", engine.Name, "--file", path, "--threads", options.Threads.ToString(CultureInfo.InvariantCulture));
}
