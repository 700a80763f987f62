// What did I lose? Puts any number of models, ternary, in full precision or rounded, to the same tasks as their teacher, with the
// baselines that a distilled model has to beat beside them; writes a table, JSON and a page.
using System.CommandLine;
using Samples.Evaluate;
using Samples.Evaluate.Models;

Option<string[]> models = new("--model")
{
    Description = "Models: Hugging Face folders in full precision, ternary files, or default-teacher, default-ternary, default-ternary-1.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => ["default-teacher", "default-ternary"],
};
Option<string?> teacher = new("--teacher") { Description = "What the others are held against [default: the first folder among the models, else default-teacher]." };
Option<string[]> baselines = new("--baselines")
{
    Description = $"Rows to set beside: {string.Join(", ", Baselines.Names)}; or {Baselines.None}.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [.. Baselines.Names],
};
Option<string[]> tasks = new("--tasks") { Description = "A folder of task folders (docs/evaluation.md).", AllowMultipleArgumentsPerToken = true };
Option<int?> fewShot = new("--few-shot") { Description = "Classification tasks of --tasks learn from so many examples of a class, ten times over [default: from all]." };
Option<string?> eval = new("--eval") { Description = "A folder with STS Benchmark and Banking77 as they are distributed." };
Option<bool> builtIn = new("--builtin") { Description = "The built-in tasks too, which --tasks and --eval leave out." };
Option<string[]> only = new("--only") { Description = "Only the tasks of these names.", AllowMultipleArgumentsPerToken = true };
Option<int?> limit = new("--limit") { Description = "At most so many queries or test texts of each task: a quick look whose figures mean little." };
Option<int> threads = new("--threads") { Description = "Most threads to embed with.", DefaultValueFactory = _ => Environment.ProcessorCount };
Option<string?> json = new("--json") { Description = "Writes a list of {model, task, metric, value} to this file." };
Option<string?> html = new("--html") { Description = "Writes a page with tables and plots to this file." };

RootCommand command = new("Evaluates embedding models side by side.")
{
    models, teacher, baselines, tasks, fewShot, eval, builtIn, only, limit, threads, json, html,
};
command.SetAction((parsed, cancellation) => EvaluateCommand.Run(
    new EvaluateOptions
    {
        Models = parsed.GetValue(models)!,
        Teacher = parsed.GetValue(teacher),
        Baselines = parsed.GetValue(baselines)!,
        TaskFolders = parsed.GetValue(tasks)!,
        FewShot = parsed.GetValue(fewShot),
        PublicTasks = parsed.GetValue(eval),
        BuiltIn = parsed.GetValue(builtIn),
        Only = parsed.GetValue(only)!,
        Limit = parsed.GetValue(limit),
        Threads = parsed.GetValue(threads),
        Json = parsed.GetValue(json),
        Html = parsed.GetValue(html),
    },
    cancellation));
// Ctrl+C: the batch under way ends, and what is done is written.
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
