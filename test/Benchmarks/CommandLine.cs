// The commands and their options.
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Benchmarks.Ann.Engines;
using Benchmarks.Ann.Opening;
using Benchmarks.Encode;
using Benchmarks.Engines;
using Benchmarks.Gemm;
using Benchmarks.Memory;
using Benchmarks.Models;
using Benchmarks.Reports;
using Benchmarks.Rounding;
using Benchmarks.Training;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Ternary.Checkpoints;
using Samples.Common;

namespace Benchmarks;

/// <summary>Builds the program's command line.</summary>
internal static class CommandLine
{
    /// <summary>The command that measures one model in this process.</summary>
    public const string MemoryChild = "memory-of-one";

    /// <summary>The command that holds one index in this process.</summary>
    public const string AnnChild = "ann-of-one";

    /// <summary>The command that opens one index in this process.</summary>
    public const string OpenChild = "ann-open-of-one";

    private const int Cancelled = 130;

    private static readonly BatchShape[] DefaultShapes = [new(1, 16), new(1, 128), new(8, 128), new(32, 64), BatchShape.Ragged];

    /// <summary>The root command.</summary>
    public static RootCommand Create() => new("Measures this library beside its peers, in one run on one machine.") { Encode(), Gemm(), Memory(), MemoryOfOne(), AnnCommandLine.Ann(), AnnCommandLine.Report(), AnnCommandLine.Paper(), AnnCommandLine.Open(), AnnOfOne(), AnnOpenOfOne(), Rounding(), Train() };

    /// <summary>One thread, and all of the machine.</summary>
    private static int[] DefaultThreads => [.. new[] { 1, Environment.ProcessorCount }.Distinct()];

    private static Command Encode()
    {
        Option<IReadOnlyList<BenchmarkModel>> models = Models();
        Option<IReadOnlyList<BatchShape>> shapes = Lists.Option("--shape", "Sequences x tokens, or ragged: 64 dictionary definitions of their own lengths.", DefaultShapes, BatchShape.Parse);
        Option<IReadOnlyList<int>> threads = Lists.Option("--threads", "Numbers of threads.", DefaultThreads, text => Lists.Positive(text, "threads"));
        Option<IReadOnlyList<EncodeEngineKind>> engines = Lists.Option("--engine", $"Of {Names(EncodeEngines.All.Select(kind => kind.Name))}.", [.. EncodeEngines.All.Where(kind => kind.IsDefault)], EncodeEngines.Parse);
        Option<double> seconds = Seconds(0.5);
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
        Option<IReadOnlyList<int>> digits = Lists.Option("--digits", "Ternary digits a weight: 1, 2 or both. Peers get the same weights.", [1, 2], Digits);
        Option<IReadOnlyList<int>> threads = Lists.Option("--threads", "Threads of the peers; our layers run on one.", [1], text => Lists.Positive(text, "threads"));
        Option<IReadOnlyList<GemmEngineKind>> engines = Lists.Option("--engine", $"Of {Names(GemmEngineKind.All.Select(kind => kind.Name))}.", [.. GemmEngineKind.All.Where(kind => kind.IsDefault)], GemmEngineKind.Parse);
        Option<double> seconds = Seconds(0.2);
        Option<double> idle = IdleSeconds();
        Option<FileInfo?> json = Json();
        Command command = new("gemm", "Single linear layers of the models' shapes.") { models, rows, digits, threads, engines, seconds, idle, json };
        command.SetAction((parsed, cancellation) => Guard(() => new GemmCommand(
            new GemmOptions
            {
                Models = parsed.GetRequiredValue(models),
                Rows = parsed.GetRequiredValue(rows),
                Digits = parsed.GetRequiredValue(digits),
                Threads = parsed.GetRequiredValue(threads),
                Engines = parsed.GetRequiredValue(engines),
                Seconds = parsed.GetRequiredValue(seconds),
                IdleSeconds = parsed.GetRequiredValue(idle),
                Json = parsed.GetValue(json)?.FullName,
            },
            cancellation).Run()));
        return command;
    }

    private static int Digits(string text) => text is "1" or "2"
        ? text[0] - '0'
        : throw new FormatException($"A weight has 1 or 2 ternary digits, not '{text}'.");

    private static Command Memory()
    {
        Option<IReadOnlyList<BenchmarkModel>> models = Models();
        Option<int> threads = new("--threads") { Description = "Threads to embed with.", DefaultValueFactory = _ => Environment.ProcessorCount };
        Option<IReadOnlyList<ModelFileKind>> engines = Lists.Option("--engine", $"Of {Names(ModelFileKind.All.Select(kind => kind.Name))}.", ModelFileKind.All, ModelFileKind.Parse);
        Option<double> idle = IdleSeconds();
        Option<FileInfo?> json = Json();
        Command command = new("memory", "File size, load time and peak memory of each model in each engine.") { models, threads, engines, idle, json };
        command.SetAction((parsed, cancellation) => Guard(() => new MemoryCommand(
            new MemoryOptions
            {
                Models = parsed.GetRequiredValue(models),
                Threads = parsed.GetRequiredValue(threads),
                Engines = parsed.GetRequiredValue(engines),
                IdleSeconds = parsed.GetRequiredValue(idle),
                Json = parsed.GetValue(json)?.FullName,
            },
            cancellation).Run()));
        return command;
    }

    // What memory starts: it loads one model, embeds, and writes what it saw of itself to standard output.
    private static Command MemoryOfOne()
    {
        Option<string> model = new("--model") { Required = true }, engine = new("--engine") { Required = true }, file = new("--file") { Required = true };
        Option<int> threads = new("--threads") { Required = true };
        Command command = new(MemoryChild) { model, engine, file, threads };
        command.Hidden = true;
        command.SetAction((parsed, _) => Guard(() => Console.WriteLine(JsonSerializer.Serialize(MemoryReading.Take(
            BenchmarkModel.Parse(parsed.GetRequiredValue(model)),
            ModelFileKind.Parse(parsed.GetRequiredValue(engine)),
            parsed.GetRequiredValue(file),
            parsed.GetRequiredValue(threads))))));
        return command;
    }

    private static Command AnnOpenOfOne()
    {
        Option<string> file = new("--file") { Required = true }, queries = new("--queries") { Required = true };
        Command command = new(OpenChild) { file, queries };
        command.Hidden = true;
        command.SetAction((parsed, _) => Guard(() => Console.WriteLine(JsonSerializer.Serialize(
            OpenReading.Take(parsed.GetRequiredValue(file), parsed.GetRequiredValue(queries))))));
        return command;
    }

    // What ann starts: it builds one index and searches it as standard input says.
    private static Command AnnOfOne()
    {
        Command command = new(AnnChild) { Hidden = true };
        command.SetAction((_, _) => Guard(() => AnnServer.Run(Console.In, Console.Out)));
        return command;
    }

    // Not a comparison with peers: what this project's own choices of rounding rest on.
    private static Command Rounding()
    {
        Option<DirectoryInfo> model = new("--model") { Description = "A model in full precision.", DefaultValueFactory = _ => new(RepositoryFiles.Teacher) };
        Option<int> texts = new("--texts") { Description = "Held-out glosses to compare embeddings on.", DefaultValueFactory = _ => 200 };
        texts.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 1000)
                result.AddError("--texts is 1 to 1000.");
        });
        Option<FileInfo?> json = Json();
        Command command = new("rounding", "What each way of rounding does to weights and embeddings.") { model, texts, json };
        command.Hidden = true;
        command.SetAction((parsed, cancellation) => Guard(() => new RoundingCommand(
            parsed.GetRequiredValue(model).FullName, parsed.GetRequiredValue(texts), parsed.GetValue(json)?.FullName, cancellation).Run()));
        return command;
    }

    private static Command Train()
    {
        Option<IReadOnlyList<TrainEngine>> engines = Lists.Option("--engine", $"Of {Names(TrainEngine.All.Select(engine => engine.Name))}.", TrainEngine.All, TrainEngine.Parse);
        Option<IReadOnlyList<int>> threads = Lists.Option("--threads", "Numbers of threads.", DefaultThreads, text => Lists.Positive(text, "threads"));
        Option<int> steps = new("--steps") { Description = "Steps of 32 texts in each round.", DefaultValueFactory = _ => 16 };
        Option<int> rounds = new("--rounds") { Description = "Rounds; each engine trains once in each.", DefaultValueFactory = _ => 5 };
        foreach (Option<int> option in new[] { steps, rounds })
        {
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() is < 1 or > 10_000)
                    result.AddError($"{option.Name} is 1 to 10000.");
            });
        }
        Option<double> idle = IdleSeconds();
        Option<FileInfo?> json = Json();
        Command command = new("train", "Distillation, in tokens a second, beside plain libtorch.") { engines, threads, steps, rounds, idle, json };
        command.SetAction((parsed, cancellation) => Guard(() => new TrainCommand(
            new TrainOptions
            {
                Engines = parsed.GetRequiredValue(engines),
                Threads = parsed.GetRequiredValue(threads),
                Steps = parsed.GetRequiredValue(steps),
                Rounds = parsed.GetRequiredValue(rounds),
                IdleSeconds = parsed.GetRequiredValue(idle),
                Json = parsed.GetValue(json)?.FullName,
            },
            cancellation).Run()));
        return command;
    }

    private static Option<IReadOnlyList<BenchmarkModel>> Models() => Lists.Option(
        "--model", $"Of {Names(BenchmarkModel.All.Select(model => model.Name))}.", BenchmarkModel.All, BenchmarkModel.Parse);

    internal static Option<double> Seconds(double seconds, string description = "Time for each engine in each cell.")
    {
        Option<double> option = new("--seconds") { Description = description, DefaultValueFactory = _ => seconds };
        option.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<double>() is > 0 and <= 3600))
                result.AddError("--seconds is above 0 and at most 3600.");
        });
        return option;
    }

    internal static Option<double> IdleSeconds() => new("--idle-seconds")
    {
        Description = "How long to wait for an idle machine; after that rows are marked as contended where other processes ran.",
        DefaultValueFactory = _ => 60,
    };

    internal static Option<FileInfo?> Json() => new("--json") { Description = "Writes the rows to this file too." };

    internal static string Names(IEnumerable<string> names) => string.Join(", ", names);

    // Ctrl+C cancels; what was measured until then is shown and written.
    internal static Task<int> Guard(Action command) => Task.Run(() =>
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
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or CheckpointException or NotSupportedException or InvalidOperationException or OnnxRuntimeException)
        {
            Screen.Progress("error: " + e.Message);
            return 1;
        }
    });
}
