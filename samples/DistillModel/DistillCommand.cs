// The main job: a full-precision folder and text in, a ternary file out.
using System.CommandLine;
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Samples.Common;

namespace Samples.DistillModel;

internal static class DistillCommand
{
    private static readonly Option<DirectoryInfo> Teacher = new("--teacher")
    { Description = "A Hugging Face or sentence-transformers folder", DefaultValueFactory = _ => new(RepositoryFiles.Teacher) };

    private static readonly Option<FileInfo[]> Corpus = new("--corpus")
    { Description = "Text files, one text a line", AllowMultipleArgumentsPerToken = true };

    private static readonly Option<FileInfo?> HeldOutTexts = new("--held-out")
    { Description = "Texts to compare teacher and student on, one a line; else some rows of the corpus are set aside" };

    private static readonly Option<double?> Minutes = new("--minutes")
    { Description = "How long to train; fixes the number of steps after a few measured ones" };

    private static readonly Option<int?> Steps = new("--steps")
    { Description = "How many steps to train, instead of --minutes; with --resume, the new total" };

    private static readonly Option<FileInfo> Output = new("--output")
    { Description = "The ternary file to write", DefaultValueFactory = _ => new("model.ternary") };

    private static readonly Option<bool> Resume = new("--resume")
    { Description = "Go on from OUTPUT.checkpoint where it exists; the learning rate may be another" };

    private static readonly Option<FileInfo?> StartFrom = new("--start-from")
    { Description = "A checkpoint of an earlier run to begin with, instead of the teacher's copy" };

    private static readonly Option<string> Recipe = StartRecipe.Option("--recipe", "The recipe");

    private static readonly Option<double?> LearningRate = new("--learning-rate")
    { Description = "Peak learning rate, instead of the recipe's" };

    private static readonly Option<string?> Digits = new Option<string?>("--digits")
    { Description = "Ternary digits a weight: 1, ff2 (two in the feed-forward layers), 2, or auto (two where they help most, as --bytes allows), instead of the recipe's" }
        .AcceptOnlyFromAmong("1", "ff2", "2", "auto");

    private static readonly Option<long> Bytes = new("--bytes")
    { Description = "What the model's file may take, for --digits auto", DefaultValueFactory = _ => 11_000_000 };

    private static readonly Option<TokenEmbeddingFormat?> TokenEmbeddings = new("--token-embeddings")
    { Description = "The form of the token embeddings, simulated in training: int8, int4 or int3, instead of the recipe's" };

    private static readonly Option<bool?> TrainEmbeddings = new("--train-embeddings")
    { Description = "Whether token and position embeddings are trained, instead of the recipe's choice" };

    private static readonly Option<string[]> Settings = new("--set")
    { Description = $"Name=value, any setting of the recipe; may be repeated. The options above win over it. Names: {string.Join(", ", RecipeSettings.Names)}" };

    private static readonly Option<FileInfo?> Json = new("--json")
    { Description = "Writes the report of the training to this file" };

    private static readonly Option<int> MaxLength = new("--max-length")
    { Description = "Most tokens of a training text; 0 for the model's maximum" };

    private static readonly Option<MatrixPrecision> Precision = new("--precision")
    { Description = "The number format of matrix products: auto, float32 or bfloat16", DefaultValueFactory = _ => MatrixPrecision.Auto };

    private static readonly Option<int> Threads = new("--threads")
    { Description = "Threads of libtorch; 0 for one a core" };

    private static readonly Option<int> Seed = new("--seed")
    { Description = "Seed of the order of the batches", DefaultValueFactory = _ => 1 };

    public static RootCommand CreateRoot()
    {
        RootCommand root = new("Distils a sentence embedding model into ternary weights.")
        { Teacher, Corpus, HeldOutTexts, Minutes, Steps, Output, Resume, StartFrom, Recipe, LearningRate, Digits, Bytes, TokenEmbeddings, TrainEmbeddings, Settings, Json, MaxLength, Precision, Threads, Seed };
        root.SetAction((arguments, cancellation) => Task.Run(() => Run(arguments, cancellation)));
        return root;
    }

    private static int Run(ParseResult arguments, CancellationToken cancellation)
    {
        FileInfo[] corpus = arguments.GetValue(Corpus) ?? [];
        string? problem = Problem(corpus, arguments);
        if (problem is not null)
        {
            Console.Error.WriteLine(problem);
            return 1;
        }
        string output = arguments.GetValue(Output)!.FullName;
        try
        {
            DistillationOptions options = OptionsOf(arguments, output);
            EmbeddingModel teacher = HuggingFaceFolder.Load(arguments.GetValue(Teacher)!.FullName);
            DistillationResult result = TernaryDistiller.Distill(
                teacher, () => corpus.SelectMany(file => File.ReadLines(file.FullName)), options, new ConsoleProgress(), cancellation);
            TernaryModelFile.Save(result.Model, output);
            Print(result.Report, output);
            if (arguments.GetValue(Json) is FileInfo json)
                ReportJson.Write(json.FullName, result.Report);
            Console.Write(TernaryModelFile.Accounting(result.Model));
            return 0;
        }
        catch (DistillationDivergedException e)
        {
            Console.Error.WriteLine(e.Message);
            SaveBeside(output, "last-good", e.LastGood.Model);
            return 1;
        }
        catch (DistillationInterruptedException e)
        {
            Console.Error.WriteLine(e.Message);
            SaveBeside(output, "stopped", e.Model);
            return 130;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(File.Exists(CheckpointOf(output))
                ? $"Stopped; the state is in {CheckpointOf(output)}. Go on with --resume."
                : "Stopped before training began; nothing was written.");
            return 130;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or ArgumentException or CheckpointException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    // Not under the name of the output, where a better model may lie.
    private static void SaveBeside(string output, string suffix, EmbeddingModel model)
    {
        string path = $"{Path.ChangeExtension(output, null)}.{suffix}{Path.GetExtension(output)}";
        try
        {
            TernaryModelFile.Save(model, path);
            Console.Error.WriteLine($"The model as it was then is in {path}.");
        }
        catch (CheckpointException e)
        {
            Console.Error.WriteLine(e.Message);
        }
    }

    private static string CheckpointOf(string output) => output + ".checkpoint";

    private static DistillationOptions OptionsOf(ParseResult arguments, string output)
    {
        FileInfo? heldOut = arguments.GetValue(HeldOutTexts);
        return new()
        {
            Recipe = ChosenRecipe(arguments),
            TimeBudget = arguments.GetValue(Minutes) is double minutes ? TimeSpan.FromMinutes(minutes) : null,
            Steps = arguments.GetValue(Steps),
            MaxLength = arguments.GetValue(MaxLength),
            Precision = arguments.GetValue(Precision),
            Threads = arguments.GetValue(Threads),
            Seed = arguments.GetValue(Seed),
            HeldOut = heldOut is null ? null : File.ReadAllLines(heldOut.FullName),
            CheckpointPath = CheckpointOf(output),
            Resume = arguments.GetValue(Resume),
            StartFrom = arguments.GetValue(StartFrom)?.FullName,
        };
    }

    private static TernaryRecipe ChosenRecipe(ParseResult arguments)
    {
        TernaryRecipe recipe = RecipeSettings.Apply(StartRecipe.Of(arguments.GetValue(Recipe)!), arguments.GetValue(Settings) ?? []);
        return recipe with
        {
            LearningRate = arguments.GetValue(LearningRate) ?? recipe.LearningRate,
            Digits = arguments.GetValue(Digits) switch
            {
                "1" => TernaryDigits.One,
                "ff2" => TernaryDigits.FeedForwardTwo,
                "2" => TernaryDigits.Two,
                "auto" => TernaryDigits.Automatic(arguments.GetValue(Bytes)),
                _ => recipe.Digits,
            },
            TokenEmbeddings = arguments.GetValue(TokenEmbeddings) ?? recipe.TokenEmbeddings,
            TrainEmbeddings = arguments.GetValue(TrainEmbeddings) ?? recipe.TrainEmbeddings,
        };
    }

    private static string? Problem(FileInfo[] corpus, ParseResult arguments)
    {
        if (corpus.Length == 0)
            return "--corpus is missing: name one or more text files, one text a line (prepare-corpus writes one).";
        if (corpus.FirstOrDefault(file => !file.Exists) is FileInfo absent)
            return $"--corpus: there is no file {absent.FullName}.";
        if (arguments.GetValue(HeldOutTexts) is FileInfo { Exists: false } heldOut)
            return $"--held-out: there is no file {heldOut.FullName}.";
        return null;
    }

    private static void Print(DistillationReport report, string output)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        Console.WriteLine(string.Create(culture, $"{report.Steps:N0} steps, {report.Tokens:N0} tokens in {report.Seconds:N0} s ({report.TokensPerSecond:N0} tokens/s)"));
        Console.WriteLine(string.Create(culture, $"held-out cosine {report.CosineMean:0.0000} (5th percentile {report.CosineP5:0.0000}) over {report.HeldOutTexts:N0} texts; {report.ZeroShare:P1} of the weights are zero"));
        Console.WriteLine(output);
    }
}
