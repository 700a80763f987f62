// What the program does, apart from its command line: an experiment as an ML.NET user writes it.
using Microsoft.ML;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Evaluation;
using Microsoft.ML.Ternary.Experiments;
using Samples.Common;
using Samples.Common.Corpus;

namespace Samples.AutoTernary;

internal static class AutoCommand
{
    private const int Cancelled = 130;
    private const int HeldOutTexts = 300;

    public static Task<int> Run(AutoOptions options, CancellationToken cancellation) => Task.Run(() =>
    {
        try
        {
            Experiment(options, cancellation);
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(options.Folder is null ? "Stopped before a trial ended." : $"Stopped before a trial ended; go on with --resume {options.Folder}.");
            return Cancelled;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException
            or InvalidOperationException or TimeoutException or CheckpointException)
        {
            Console.Error.WriteLine("error: " + e.Message);
            return 1;
        }
    });

    private static void Experiment(AutoOptions options, CancellationToken cancellation)
    {
        MLContext ml = new(options.Seed);
        (IEnumerable<string> texts, IReadOnlyList<string>? heldOut) = Corpus(options.Corpus);
        IDataView unlabelled = ml.Data.LoadFromEnumerable(texts.Select(text => new TextRow { Text = text }));

        TernaryExperimentResult result = ml.Transforms.Text
            .CreateTernaryExperiment(options.Teacher, new TernaryExperimentOptions
            {
                Task = options.Task is null ? null : TaskFolder.Read(options.Task),
                SearchSpace = new() { Settings = [.. options.Vary.Select(Setting)] },
                MaxTrials = options.Trials,
                Steps = options.Steps,
                TimeBudget = options.Minutes is double minutes ? TimeSpan.FromMinutes(minutes) : null,
                MaxBytes = (long)(options.SizeMb * 1e6),
                MaxMillisecondsPerText = options.MaxMilliseconds,
                MinTextsPerSecond = options.MinTextsPerSecond,
                SpeedThreads = options.Threads,
                Folder = options.Folder,
                Distillation = new DistillationOptions { HeldOut = heldOut, Threads = options.Threads },
            })
            .Execute(unlabelled, "Text", new ConsoleMonitor(), cancellation);

        Console.WriteLine();
        result.Print(Console.Out);
        if (options.Json is not null)
            ResultJson.Write(options.Json, result);
        if (options.Output is not null)
            TernaryModelFile.Save(result.BestModel, options.Output);
        if (result.End != TernaryExperimentEnd.Finished && options.Folder is not null)
            Console.Error.WriteLine($"There is more to try: go on with --resume {options.Folder}.");
    }

    private static (string Name, RecipeOption<string> Values) Setting(string text)
    {
        string[] parts = text.Split('=', 2);
        return parts.Length == 2
            ? (parts[0], RecipeOption.Choice(parts[1].Split(',')))
            : throw new ArgumentException($"--vary {text}: write Name=value,value. Names: {string.Join(", ", RecipeSettings.Names)}.");
    }

    // WordNet without what no model of this repository is trained on, or the user's files, of which some rows are then held out.
    private static (IEnumerable<string> Texts, IReadOnlyList<string>? HeldOut) Corpus(string[] files)
    {
        if (files.FirstOrDefault(file => !File.Exists(file)) is string absent)
            throw new FileNotFoundException($"--corpus: there is no file {absent}.", absent);
        if (files.Length > 0)
            return (files.SelectMany(File.ReadLines), null);
        List<string> heldOutIds = HeldOut.ReadSynsetIds(RepositoryFiles.HeldOutSynsets);
        TrainingCorpus corpus = new CorpusBuilder(Synset.ReadAll(RepositoryFiles.WordNet), [], [], heldOutIds).Build(longTexts: 0, seed: 1);
        return (corpus.Texts, [.. corpus.HeldOutGlosses.Take(HeldOutTexts)]);
    }

    private sealed class TextRow
    {
        public string Text { get; set; } = "";
    }
}
