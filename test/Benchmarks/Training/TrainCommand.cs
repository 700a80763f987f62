// train: how many tokens a second distillation trains on, beside plain libtorch on the same texts.
using System.Globalization;
using Benchmarks.Measurement;
using Benchmarks.Reports;
using Microsoft.ML.Ternary.Checkpoints;
using Samples.Common;
using Samples.Common.Corpus;
using Spectre.Console;

namespace Benchmarks.Training;

/// <summary>What the command line of train chose.</summary>
internal sealed record TrainOptions
{
    public required IReadOnlyList<TrainEngine> Engines { get; init; }

    public required IReadOnlyList<int> Threads { get; init; }

    /// <summary>Steps of 32 texts in each round.</summary>
    public required int Steps { get; init; }

    /// <summary>Rounds; each engine trains once in each.</summary>
    public required int Rounds { get; init; }

    public required double IdleSeconds { get; init; }

    public string? Json { get; init; }
}

/// <summary>One engine on some threads.</summary>
/// <param name="Engine">Its name.</param>
/// <param name="Threads">Threads of libtorch.</param>
/// <param name="TokensPerS">Median over the rounds, teacher's forward pass included, padding not counted.</param>
/// <param name="TokensPerSMin">The slowest round.</param>
/// <param name="TokensPerSMax">The fastest.</param>
/// <param name="TimesPlain">Median over that of plain libtorch on as many threads; null where that was not measured.</param>
/// <param name="Contended">Whether other processes ran meanwhile.</param>
internal sealed record TrainRow(string Engine, int Threads, double TokensPerS, double TokensPerSMin, double TokensPerSMax, double? TimesPlain, bool Contended);

/// <summary>Measures training, engines in turn.</summary>
internal sealed class TrainCommand(TrainOptions options, CancellationToken cancellation)
{
    private const int LongTexts = 20_000;

    private readonly EmbeddingModel _teacher = HuggingFaceFolder.Load(RepositoryFiles.Teacher);

    /// <summary>Measures and shows.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Run()
    {
        IdleWait.Report(options.IdleSeconds, cancellation);
        IReadOnlyList<string> texts = Texts();
        List<TrainRow> rows = [.. options.Threads.SelectMany(threads => Measure(texts, threads))];
        if (options.Json is string path)
            Reports.JsonFile.Write(path, rows);
        Show(rows);
    }

    private static IReadOnlyList<string> Texts() => new CorpusBuilder(
        Synset.ReadAll(RepositoryFiles.WordNet), Verse.ReadAll(RepositoryFiles.Verses), [], HeldOut.ReadSynsetIds(RepositoryFiles.HeldOutSynsets))
        .Build(LongTexts, seed: 1).Texts;

    private IEnumerable<TrainRow> Measure(IReadOnlyList<string> texts, int threads)
    {
        var speeds = options.Engines.ToDictionary(engine => engine, _ => new List<double>());
        CpuReading start = CpuReading.Now();
        for (int round = 0; round < options.Rounds; round++)
        {
            foreach (TrainEngine engine in options.Engines)
            {
                double speed = engine.TokensPerSecond(_teacher, texts, options.Steps, threads, cancellation);
                speeds[engine].Add(speed);
                Screen.Progress(string.Create(CultureInfo.InvariantCulture, $"{threads}T {engine.Name,-24} {speed,8:F0} tokens/s"));
            }
        }
        bool contended = CpuReading.Now().IsContendedSince(start, Environment.ProcessorCount);
        double? plain = speeds.TryGetValue(TrainEngine.All[^1], out List<double>? measured) ? Median(measured) : null;
        return options.Engines.Select(engine => new TrainRow(
            engine.Name, threads, Median(speeds[engine]), speeds[engine].Min(), speeds[engine].Max(), Median(speeds[engine]) / plain, contended));
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static void Show(IReadOnlyList<TrainRow> rows)
    {
        Table table = new Table().Border(TableBorder.SimpleHeavy).AddColumn("training").AddColumn("threads", Right)
            .AddColumn("tokens/s", Right).AddColumn("slowest", Right).AddColumn("fastest", Right).AddColumn("to plain\nlibtorch", Right);
        foreach (TrainRow row in rows)
            table.AddRow(row.Engine + (row.Contended ? " (contended)" : ""), Number(row.Threads, 0), Number(row.TokensPerS, 0), Number(row.TokensPerSMin, 0), Number(row.TokensPerSMax, 0), Number(row.TimesPlain, 2));
        Screen.Write(table);
        Screen.Say("Tokens of text, padding not counted; the teacher's forward pass is part of the time. default trains token embeddings too and has two digits a weight; plain libtorch computes in float32, on batches of similar lengths or as they come.");
    }

    private static string Number(double? value, int digits) => value?.ToString("F" + digits, CultureInfo.InvariantCulture) ?? "";

    private static void Right(TableColumn column) => column.RightAligned();
}
