// "ablation": recipes side by side, each for the same time or on as many tokens, with several seeds. Seeds are the outer loop, so that a
// comparison that is stopped has compared all recipes alike, and what else the machine does falls on all of them.
using System.CommandLine;
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Evaluation;
using Samples.Common;

namespace Samples.DistillModel;

internal static class AblationCommand
{
    private static readonly Option<DirectoryInfo> Teacher = new("--teacher")
    { Description = "A Hugging Face or sentence-transformers folder", DefaultValueFactory = _ => new(RepositoryFiles.Teacher) };

    private static readonly Option<FileInfo[]> Corpus = new("--corpus")
    { Description = "Text files, one text a line", AllowMultipleArgumentsPerToken = true, Required = true };

    private static readonly Option<FileInfo> HeldOutTexts = new("--held-out")
    { Description = "Texts to compare teacher and students on, one a line", Required = true };

    private static readonly Option<string[]> Recipes = new("--recipe")
    {
        Description = $"name or name:Setting=value,Setting=value; one or more. Settings: {string.Join(", ", RecipeSettings.Names)}",
        AllowMultipleArgumentsPerToken = true,
        Required = true,
    };

    private static readonly Option<string> Base = StartRecipe.Option("--base", "The recipe whose settings are changed");

    private static readonly Option<double?> Minutes = new("--minutes") { Description = "How long each run trains" };

    private static readonly Option<long?> Tokens = new("--tokens") { Description = "How many tokens each run trains on, instead of --minutes" };

    private static readonly Option<int[]> Seeds = new("--seeds")
    { Description = "Seeds; every recipe is run with each", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1] };

    private static readonly Option<FileInfo?> Sts = new("--sts") { Description = "STS Benchmark's sts-test.tsv as distributed" };

    private static readonly Option<int> MaxLength = new("--max-length") { Description = "Most tokens of a training text; 0 for the model's maximum" };

    private static readonly Option<int> Threads = new("--threads") { Description = "Threads of libtorch; 0 for one a core" };

    private static readonly Option<DirectoryInfo?> Models = new("--models") { Description = "A folder that keeps the students, as RECIPE-SEED.ternary" };

    private static readonly Option<FileInfo> Json = new("--json")
    { Description = "The table; runs that are in it are not done again", DefaultValueFactory = _ => new("ablation.json") };

    public static Command Create()
    {
        Command command = new("ablation", "Compares recipes at equal time or equally much text.")
        { Teacher, Corpus, HeldOutTexts, Recipes, Base, Minutes, Tokens, Seeds, Sts, MaxLength, Threads, Models, Json };
        command.SetAction((arguments, cancellation) => Task.Run(() => Run(arguments, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, CancellationToken cancellation)
    {
        string json = arguments.GetValue(Json)!.FullName;
        try
        {
            Compare(arguments, json, cancellation);
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(File.Exists(json) ? $"Stopped; {json} holds what is done. The same command goes on." : "Stopped before the first run ended. The same command goes on.");
            return 130;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or InvalidOperationException or ArgumentException or CheckpointException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static void Compare(ParseResult arguments, string json, CancellationToken cancellation)
    {
        AblationRecipe[] recipes = ChosenRecipes(arguments);
        DistillationOptions options = OptionsOf(arguments);
        var table = new AblationTable(json, QuestionOf(arguments));
        List<SentencePair>? pairs = arguments.GetValue(Sts) is FileInfo sts ? StsBenchmark.Read(sts.FullName) : null;
        EmbeddingModel teacher = HuggingFaceFolder.Load(arguments.GetValue(Teacher)!.FullName);
        arguments.GetValue(Models)?.Create();
        FileInfo[] corpus = arguments.GetValue(Corpus)!;
        IEnumerable<string> Texts() => corpus.SelectMany(file => File.ReadLines(file.FullName));
        // A name that the table knows with other settings is refused before anything trains.
        foreach (AblationRecipe recipe in recipes)
            table.Has(recipe, seed: 0);
        foreach (int seed in arguments.GetValue(Seeds)!.Distinct())
        {
            foreach (AblationRecipe recipe in recipes.Where(recipe => !table.Has(recipe, seed)))
            {
                Console.WriteLine($"{recipe.Name}, seed {seed}");
                string checkpoint = $"{json}.{recipe.Name}-{seed}.checkpoint";
                AblationRow row = Measure(recipe, seed, () => TernaryDistiller.Distill(
                    teacher, Texts, options with { Recipe = recipe.Recipe, Seed = seed, CheckpointPath = checkpoint }, new ConsoleProgress(), cancellation),
                    pairs, arguments.GetValue(Models));
                table.Add(row);
                File.Delete(checkpoint);
            }
        }
        table.Print(Console.Out);
        Console.WriteLine(json);
    }

    // A recipe under which training diverges is a result too, and the others go on.
    private static AblationRow Measure(AblationRecipe recipe, int seed, Func<DistillationResult> distil, List<SentencePair>? pairs, DirectoryInfo? models)
    {
        var row = new AblationRow(recipe.Name, recipe.Settings, seed);
        DistillationResult result;
        try
        {
            result = distil();
        }
        catch (DistillationDivergedException e)
        {
            return row with { Failure = e.Message };
        }
        if (models is not null)
            TernaryModelFile.Save(result.Model, Path.Combine(models.FullName, $"{recipe.Name}-{seed}.ternary"));
        DistillationReport report = result.Report;
        return row with
        {
            Steps = report.Steps,
            Tokens = report.Tokens,
            Seconds = report.Seconds,
            TokensPerSecond = report.TokensPerSecond,
            CosineMean = report.CosineMean,
            CosineP5 = report.CosineP5,
            CosineSpearman = pairs is null ? null : Spearman(result.Model, pairs),
            Loss = report.LossCurve[^1].Loss,
        };
    }

    private static double Spearman(EmbeddingModel model, List<SentencePair> pairs)
    {
        using var encoder = new TextEncoder(model);
        return EvaluateCommand.Spearman(encoder, pairs);
    }

    private static AblationRecipe[] ChosenRecipes(ParseResult arguments)
    {
        TernaryRecipe start = StartRecipe.Of(arguments.GetValue(Base)!);
        AblationRecipe[] recipes = [.. arguments.GetValue(Recipes)!.Select(text => AblationRecipe.Parse(text, start))];
        if (recipes.GroupBy(recipe => recipe.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"--recipe: {twice.Key} is named twice.");
        return recipes;
    }

    private static DistillationOptions OptionsOf(ParseResult arguments)
    {
        double? minutes = arguments.GetValue(Minutes);
        long? tokens = arguments.GetValue(Tokens);
        if (minutes is null == tokens is null)
            throw new ArgumentException("Name either --minutes or --tokens, so that all recipes have as much.");
        foreach (FileInfo file in arguments.GetValue(Corpus)!.Append(arguments.GetValue(HeldOutTexts)!))
        {
            if (!file.Exists)
                throw new FileNotFoundException($"There is no file {file.FullName}.");
        }
        return new DistillationOptions
        {
            TimeBudget = minutes is double value ? TimeSpan.FromMinutes(value) : null,
            TokenBudget = tokens,
            MaxLength = arguments.GetValue(MaxLength),
            Threads = arguments.GetValue(Threads),
            HeldOut = File.ReadAllLines(arguments.GetValue(HeldOutTexts)!.FullName),
            // The time is for training; students are compared with the teacher at their end.
            EvaluationInterval = TimeSpan.MaxValue,
            Resume = true,
        };
    }

    // Files by their names: a folder may have been moved in between.
    private static AblationQuestion QuestionOf(ParseResult arguments) => new(
        arguments.GetValue(Teacher)!.Name,
        [.. arguments.GetValue(Corpus)!.Select(file => file.Name)],
        arguments.GetValue(HeldOutTexts)!.Name,
        arguments.GetValue(Tokens) is long tokens
            ? string.Create(CultureInfo.InvariantCulture, $"{tokens} tokens")
            : string.Create(CultureInfo.InvariantCulture, $"{arguments.GetValue(Minutes)} minutes"),
        arguments.GetValue(Threads),
        arguments.GetValue(MaxLength),
        arguments.GetValue(Sts)?.Name);
}
