// Which ternary copy of my model is the best that fits? Tries recipes for as long as it is given, shows each trial as it ends, and
// prints what size, speed and quality can be had together.
using System.CommandLine;
using Samples.AutoTernary;
using Samples.Common;

Option<string> teacher = new("--teacher") { Description = "The model to distil: a Hugging Face or sentence-transformers folder.", DefaultValueFactory = _ => RepositoryFiles.Teacher };
Option<string[]> corpus = new("--corpus") { Description = "Text files to train on, one text a line; without them, WordNet.", AllowMultipleArgumentsPerToken = true };
Option<string?> task = new("--task") { Description = "A folder with the task to do best at; without it, the cosine to the teacher on held-out texts." };
Option<string[]> vary = new("--vary") { Description = "Name=value,value: a further setting of the recipe to search, by its name; may be repeated. Lists have strokes between their items.", AllowMultipleArgumentsPerToken = true };
Option<double?> minutes = new("--minutes") { Description = "How long it may take. Without --steps it also decides how long trials train [default: 10]." };
Option<int?> steps = new("--steps") { Description = "Steps of the trials that train longest, in place of what time allows: the same trials on every machine." };
Option<int> trials = new("--trials") { Description = "Recipes to try.", DefaultValueFactory = _ => 8 };
Option<double> size = new("--size-mb") { Description = "Most megabytes (a million bytes) of the model's file; 0 is no limit." };
Option<double> milliseconds = new("--max-ms") { Description = "Most milliseconds a text, embedded one by one; 0 is no limit." };
Option<double> speed = new("--min-texts-per-second") { Description = "Fewest texts a second, embedded all at once; 0 is no limit." };
Option<int> threads = new("--threads") { Description = "Threads that train and that speed is measured on; 0 for one a core." };
Option<string?> resume = new("--resume") { Description = "A folder that keeps trials and models; if it holds this experiment, it is gone on with." };
Option<string?> json = new("--json") { Description = "Writes trials and front to this file too." };
Option<string?> output = new("--output") { Description = "Saves the best model as this ternary file." };
Option<int> seed = new("--seed") { Description = "Seed of the recipes and of training.", DefaultValueFactory = _ => 1 };

RootCommand command = new("Finds the recipe that distils a model best, within limits of size and speed.")
{
    teacher, corpus, task, vary, minutes, steps, trials, size, milliseconds, speed, threads, resume, json, output, seed,
};
command.SetAction((parsed, cancellation) => AutoCommand.Run(
    new AutoOptions
    {
        Teacher = parsed.GetRequiredValue(teacher),
        Corpus = parsed.GetValue(corpus) ?? [],
        Task = parsed.GetValue(task),
        Vary = parsed.GetValue(vary) ?? [],
        Minutes = parsed.GetValue(minutes),
        Steps = parsed.GetValue(steps),
        Trials = parsed.GetValue(trials),
        SizeMb = parsed.GetValue(size),
        MaxMilliseconds = parsed.GetValue(milliseconds),
        MinTextsPerSecond = parsed.GetValue(speed),
        Threads = parsed.GetValue(threads),
        Folder = parsed.GetValue(resume),
        Json = parsed.GetValue(json),
        Output = parsed.GetValue(output),
        Seed = parsed.GetValue(seed),
    },
    cancellation));
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
