// "choose-digits": which layers a second ternary digit helps most for its bytes, and which of them a file of some size holds.
using System.CommandLine;
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Samples.Common;

namespace Samples.DistillModel;

internal static class ChooseDigitsCommand
{
    private static readonly Option<DirectoryInfo> Model = new("--model")
    { Description = "A Hugging Face or sentence-transformers folder in full precision", DefaultValueFactory = _ => new(RepositoryFiles.Teacher) };

    private static readonly Option<FileInfo?> Texts = new("--texts")
    { Description = "Texts to measure on, one a line [default: dictionary and verses, as prepare-corpus mixes them]" };

    private static readonly Option<int> Count = new("--count") { Description = "How many of the texts", DefaultValueFactory = _ => 200 };

    private static readonly Option<long> Bytes = new("--bytes") { Description = "What the model's file may take", DefaultValueFactory = _ => 11_000_000 };

    private static readonly Option<TokenEmbeddingFormat> Embeddings = new("--embeddings")
    { Description = "How token embeddings are stored", DefaultValueFactory = _ => TokenEmbeddingFormat.Int4 };

    public static Command Create()
    {
        Command command = new("choose-digits", "Chooses the layers that have two ternary digits under a limit on the file's size.") { Model, Texts, Count, Bytes, Embeddings };
        command.SetAction((arguments, cancellation) => Task.Run(() => Run(arguments, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, CancellationToken cancellation)
    {
        try
        {
            EmbeddingModel model = HuggingFaceFolder.Load(arguments.GetValue(Model)!.FullName);
            IEnumerable<string> texts = arguments.GetValue(Texts) is FileInfo file ? File.ReadLines(file.FullName) : CalibrationTexts.BuiltIn(seed: 1);
            var options = new DigitSelectionOptions { File = new TernaryModelFileOptions { TokenEmbeddings = arguments.GetValue(Embeddings) } };
            TernaryDigits digits = DigitSelection.Choose(
                model, [.. texts.Take(arguments.GetValue(Count))], arguments.GetValue(Bytes), options, new Lines(), cancellation);
            EmbeddingModel rounded = ModelTernarizer.Ternarize(model, options.Scaling, digits: digits);
            Console.WriteLine($"digits: {digits}");
            Console.Write(TernaryModelFile.Accounting(rounded, options.File));
            return 0;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or CheckpointException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    /// <summary>One line a layer, at once and in order.</summary>
    private sealed class Lines : IProgress<DigitDamage>
    {
        public void Report(DigitDamage value) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{value.Measured,4}/{value.Layers} {value.Layer,-40} damage {1000 * value.Damage,8:0.00}/1000  {value.Bytes,9:N0} bytes  {1e9 * value.Damage / value.Bytes,8:0.0} a megabyte"));
    }
}
