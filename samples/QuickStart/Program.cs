// From a pre-trained embedding model to ternary search, start to end in a few minutes: distil before your eyes, embed a
// dictionary, index it, ask it what a word is for, and see what three values a weight cost and keep.
using System.CommandLine;
using Microsoft.ML.Ternary.Checkpoints;
using Samples.Common;
using Samples.QuickStart;

Argument<string[]> questions = new("question") { Description = "Descriptions of words to look for, each in quotes.", Arity = ArgumentArity.ZeroOrMore };
Option<string> teacher = new("--teacher") { Description = "The full-precision model.", DefaultValueFactory = _ => RepositoryFiles.Teacher };
Option<string> model = new("--model") { Description = "Its ternary copy.", DefaultValueFactory = _ => RepositoryFiles.TernaryModel };
Option<int?> seconds = new("--distill-seconds") { Description = "How long to distil [default: 90, or 15 with --short]." };
Option<bool> brief = new("--short") { Description = "Fewer entries and less training, to see that everything works; the figures are rougher." };
Option<FileInfo?> json = new("--json") { Description = "Writes the figures to this file too." };
Option<string?> probe = new("--probe-memory") { Hidden = true };
Option<string?> probeFile = new("--probe-file") { Hidden = true };

RootCommand command = new("Distils, embeds, indexes and searches with ternary weights, and shows what that costs and keeps.")
{
    questions, teacher, model, seconds, brief, json, probe, probeFile,
};
command.SetAction((parsed, cancellation) => Task.Run(() =>
{
    if (parsed.GetValue(probe) is string contender)
        return MemoryProbe.RunInChild(contender, parsed.GetValue(probeFile)!);
    QuickStartOptions options = new()
    {
        Questions = parsed.GetValue(questions) ?? [],
        Teacher = parsed.GetValue(teacher)!,
        Model = parsed.GetValue(model)!,
        Short = parsed.GetValue(brief),
        DistillSeconds = parsed.GetValue(seconds) ?? (parsed.GetValue(brief) ? 15 : 90),
        Json = parsed.GetValue(json)?.FullName,
    };
    try
    {
        Tour.Run(options, cancellation);
        return 0;
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("Stopped.");
        return 130;
    }
    catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or CheckpointException)
    {
        Console.Error.WriteLine("error: " + e.Message);
        return 1;
    }
}));
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
