// What the program does, apart from its command line: everything that can be wrong in the options is found before the first model
// is loaded, and what is done is written whatever comes after.
using Samples.Common.Tasks;
using Samples.Evaluate.Html;
using Samples.Evaluate.Models;
using Samples.Evaluate.Results;

namespace Samples.Evaluate;

internal static class EvaluateCommand
{
    private const int Failed = 1, Stopped = 130;

    public static Task<int> Run(EvaluateOptions options, CancellationToken cancellation) => Task.Run(() =>
    {
        try
        {
            return Evaluate(options, cancellation);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine("error: " + e.Message);
            return Failed;
        }
    });

    private static int Evaluate(EvaluateOptions options, CancellationToken cancellation)
    {
        Check(options);
        IReadOnlyList<Contender> contenders = ModelList.Create(options.Models, options.Teacher, options.Baselines);
        TaskSources sources = new();
        TaskList tasks = TaskList.Create(options, sources);
        ProgressLine progress = new();
        foreach (string missing in tasks.Missing)
            progress.Say(missing);
        if (tasks.Tasks.Count == 0)
            throw new ArgumentException("There is no task to evaluate on.");
        string[] glosses = [.. sources.HeldOutSynsets.Select(synset => synset.Gloss).Take(options.Limit ?? int.MaxValue)];
        List<ModelResult> results = [];
        EvaluationReport report = new(tasks.Columns, results, options.Limit);
        bool stopped = false;
        try
        {
            new Suite(tasks.Tasks, glosses, options.Threads, progress).Run(contenders, results, () => Write(report, options), cancellation);
        }
        catch (OperationCanceledException)
        {
            stopped = true;
            progress.Say("Stopped; what is done is kept.");
            Write(report, options);
        }
        ResultsTable.Show(report);
        foreach (string failure in results.SelectMany(result => result.Failures))
            Console.Error.WriteLine("error: " + failure);
        return stopped ? Stopped : results.Any(result => result.Failures.Count > 0) ? Failed : 0;
    }

    private static void Check(EvaluateOptions options)
    {
        if (options.Limit < 2)
            throw new ArgumentException($"--limit is {options.Limit}; at least 2 are needed.");
        if (options.FewShot < 1)
            throw new ArgumentException($"--few-shot is {options.FewShot}; at least 1 is needed.");
        if (options.Threads < 1)
            throw new ArgumentException($"--threads is {options.Threads}; at least 1 is needed.");
        foreach (string path in new[] { options.Json, options.Html }.OfType<string>())
        {
            if (Directory.Exists(path))
                throw new ArgumentException($"{path} is a folder; name the file to write.");
        }
    }

    private static void Write(EvaluationReport report, EvaluateOptions options)
    {
        if (options.Json is not null)
            ResultsJson.Write(options.Json, report);
        if (options.Html is not null)
            HtmlReport.Write(options.Html, report);
    }
}
