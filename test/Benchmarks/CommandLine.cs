// The commands and their options.
using System.CommandLine;
using System.Globalization;
using Benchmarks.Encode;
using Benchmarks.Engines;
using Benchmarks.Gemm;
using Benchmarks.Models;
using Benchmarks.Reports;
using Microsoft.ML.Ternary.Checkpoints;

namespace Benchmarks;

/// <summary>Builds the program's command line.</summary>
internal static class CommandLine
{
    private const int Cancelled = 130;

    private static readonly BatchShape[] DefaultShapes = [new(1, 16), new(1, 128), new(8, 128), new(32, 64), BatchShape.Ragged];

    /// <summary>The root command.</summary>
    public static RootCommand Create() => new("Measures this library beside its peers, in one run on one machine.") { Encode(), Gemm() };

    /// <summary>One thread, and all of the machine.</summary>
    private static int[] DefaultThreads => [.. new[] { 1, Environment.ProcessorCount }.Distinct()];

    private static Command Encode()
    {
        Option<IReadOnlyList<BenchmarkModel>> models = Models();
        Option<IReadOnlyList<BatchShape>> shapes = Lists.Option("--shape", "Sequences x tokens, or ragged: 64 dictionary definitions of their own lengths.", DefaultShapes, BatchShape.Parse);
        Option<IReadOnlyList<int>> threads = Lists.Option("--threads", "Numbers of threads.", DefaultThreads, text => Lists.Positive(text, "threads"));
        Option<IReadOnlyList<EncodeEngineKind>> engines = Lists.Option("--engine", $"Of {Names(EncodeEngines.All.Select(kind => kind.Name))}.", [.. EncodeEngines.All.Where(kind => kind.IsDefault)], EncodeEngines.Parse);
        Option<double> seconds = Seconds(1);
        Option<double> idle = IdleSeconds();
        Option<FileInfo?> json = Json();
        Command command = new("encode", "Whole encoders, token ids to embeddings.") { models, shapes, threads, engines, seconds, idle, json };
        command.SetAction((parsed, cancellation) => Guard(() => new EncodeCommand(
            new EncodeOptions
            {
                Models = parsed.GetRequiredValue(models),
                Shapes = parsed.GetRequiredValue(shapes),
                Threads = parsed.GetRequiredValue(threads),
                Engines = parsed.GetRequiredValue(engines),
                Seconds = parsed.GetRequiredValue(seconds),
                IdleSeconds = parsed.GetRequiredValue(idle),
                Json = parsed.GetValue(json)?.FullName,
            },
            cancellation).Run()));
        return command;
    }

    private static Command Gemm()
    {
        Option<IReadOnlyList<BenchmarkModel>> models = Models();
        Option<IReadOnlyList<int>> rows = Lists.Option("--rows", "Numbers of rows (tokens).", [1, 16, 64, 512, 1024], text => Lists.Positive(text, "rows"));
        Option<IReadOnlyList<int>> threads = Lists.Option("--threads", "Threads of the peers; our layers run on one.", [1], text => Lists.Positive(text, "threads"));
        Option<IReadOnlyList<GemmEngineKind>> engines = Lists.Option("--engine", $"Of {Names(GemmEngineKind.All.Select(kind => kind.Name))}.", [.. GemmEngineKind.All.Where(kind => kind.IsDefault)], GemmEngineKind.Parse);
        Option<double> seconds = Seconds(0.2);
        Option<double> idle = IdleSeconds();
        Option<FileInfo?> json = Json();
        Command command = new("gemm", "Single linear layers of the models' shapes.") { models, rows, threads, engines, seconds, idle, json };
        command.SetAction((parsed, cancellation) => Guard(() => new GemmCommand(
            new GemmOptions
            {
                Models = parsed.GetRequiredValue(models),
                Rows = parsed.GetRequiredValue(rows),
                Threads = parsed.GetRequiredValue(threads),
                Engines = parsed.GetRequiredValue(engines),
                Seconds = parsed.GetRequiredValue(seconds),
                IdleSeconds = parsed.GetRequiredValue(idle),
                Json = parsed.GetValue(json)?.FullName,
            },
            cancellation).Run()));
        return command;
    }

    private static Option<IReadOnlyList<BenchmarkModel>> Models() => Lists.Option(
        "--model",
        $"Of {Names(BenchmarkModel.All.Select(model => model.Name))}.",
        BenchmarkModel.All,
        name => BenchmarkModel.All.FirstOrDefault(model => model.Name == name)
            ?? throw new FormatException($"There is no model '{name}'; there are {Names(BenchmarkModel.All.Select(model => model.Name))}."));

    private static Option<double> Seconds(double seconds)
    {
        Option<double> option = new("--seconds") { Description = "Time for each engine in each cell.", DefaultValueFactory = _ => seconds };
        option.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<double>() is > 0 and <= 3600))
                result.AddError("--seconds is above 0 and at most 3600.");
        });
        return option;
    }

    private static Option<double> IdleSeconds() => new("--idle-seconds")
    {
        Description = "How long to wait for an idle machine; after that rows are marked as contended where other processes ran.",
        DefaultValueFactory = _ => 60,
    };

    private static Option<FileInfo?> Json() => new("--json") { Description = "Writes the rows to this file too." };

    private static string Names(IEnumerable<string> names) => string.Join(", ", names);

    // Ctrl+C cancels; what was measured until then is shown and written.
    private static Task<int> Guard(Action command) => Task.Run(() =>
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            command();
            return 0;
        }
        catch (OperationCanceledException)
        {
            Screen.Progress("Stopped; what was measured until then is above.");
            return Cancelled;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or CheckpointException or NotSupportedException)
        {
            Screen.Progress("error: " + e.Message);
            return 1;
        }
    });
}
