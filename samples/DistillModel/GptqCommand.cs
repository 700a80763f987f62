// "gptq": the field's baseline for few bits without training, as a model file that every other command takes.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Evaluation.Baselines;
using Samples.Common;

namespace Samples.DistillModel;

internal static class GptqCommand
{
    private static readonly Option<DirectoryInfo> Model = new("--model")
    { Description = "A Hugging Face or sentence-transformers folder in full precision", DefaultValueFactory = _ => new(RepositoryFiles.Teacher) };

    private static readonly Option<FileInfo[]> Calibration = new("--calibration")
    { Description = "Text files to calibrate on, one text a line [default: dictionary and verses, as prepare-corpus mixes them]", AllowMultipleArgumentsPerToken = true };

    private static readonly Option<int> Bits = new("--bits") { Description = "Bits of a weight: 2, 3 or 4", DefaultValueFactory = _ => 2 };

    private static readonly Option<int> Group = new("--group")
    { Description = "Weights of a row that share a scale, such as 16, 32, 64 or 256; -1 for all", DefaultValueFactory = _ => GptqOptions.PerChannel };

    private static readonly Option<int> Rows = new("--rows") { Description = "Texts to calibrate on", DefaultValueFactory = _ => 128 };

    private static readonly Option<double> Damping = new("--damping") { Description = "Added to the Hessian's diagonal, as a share of its mean", DefaultValueFactory = _ => 0.01 };

    private static readonly Option<bool> ActivationOrder = new("--act-order") { Description = "Rounds columns of large activations first" };

    private static readonly Option<bool> Asymmetric = new("--asymmetric") { Description = "Levels between the smallest and the largest weight, with a zero point" };

    private static readonly Option<bool> SearchRange = new("--search-range") { Description = "Narrows each group's range to where the rounding error is least" };

    private static readonly Option<bool> Nearest = new("--nearest") { Description = "Rounds every weight to the nearest level (RTN) instead, without calibration" };

    private static readonly Option<int> Seed = new("--seed") { Description = "Seed of the draw of texts", DefaultValueFactory = _ => 1 };

    private static readonly Option<FileInfo> Output = new("--output") { Description = "The model file to write", DefaultValueFactory = _ => new("gptq.ternary") };

    public static Command Create()
    {
        Command command = new("gptq", "Rounds a model to 2, 3 or 4 bits by GPTQ, the baseline that distillation is compared with.")
        { Model, Calibration, Bits, Group, Rows, Damping, ActivationOrder, Asymmetric, SearchRange, Nearest, Seed, Output };
        command.SetAction((arguments, cancellation) => Task.Run(() => Run(arguments, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, CancellationToken cancellation)
    {
        try
        {
            var options = new GptqOptions
            {
                Bits = arguments.GetValue(Bits),
                GroupSize = arguments.GetValue(Group),
                CalibrationRows = arguments.GetValue(Rows),
                Damping = arguments.GetValue(Damping),
                ActivationOrder = arguments.GetValue(ActivationOrder),
                Symmetric = !arguments.GetValue(Asymmetric),
                SearchRange = arguments.GetValue(SearchRange),
                NearestRounding = arguments.GetValue(Nearest),
            };
            string output = arguments.GetValue(Output)!.FullName;
            EmbeddingModel model = HuggingFaceFolder.Load(arguments.GetValue(Model)!.FullName);
            string[] texts = options.NearestRounding ? [] : Texts(arguments);
            long start = Stopwatch.GetTimestamp();
            EmbeddingModel rounded = GptqQuantizer.Quantize(model, texts, options, new Lines(), cancellation);
            TernaryModelFile.Save(rounded, output);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rounded.Provenance[ModelRounder.ProvenanceKey]}; {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s"));
            Console.Write(TernaryModelFile.Accounting(rounded));
            Console.WriteLine(output);
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Stopped; nothing was written.");
            return 130;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or ArgumentException or CheckpointException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static string[] Texts(ParseResult arguments)
    {
        int seed = arguments.GetValue(Seed);
        if (arguments.GetValue(Calibration) is not { Length: > 0 } files)
            return [.. CalibrationTexts.BuiltIn(seed)];
        string[] texts = [.. files.SelectMany(file => File.ReadLines(file.FullName))];
        new Random(seed).Shuffle(texts);
        return texts;
    }

    /// <summary>One line a layer, at once and in order.</summary>
    private sealed class Lines : IProgress<GptqProgress>
    {
        public void Report(GptqProgress value)
        {
            string error = value.RelativeError is double e ? string.Create(CultureInfo.InvariantCulture, $"  relative squared error of its outputs {e:0.00000}") : "";
            Console.WriteLine($"{value.Rounded,4}/{value.Layers} {value.Layer,-40}{error}");
        }
    }
}
