// "evaluate": what a ternary file keeps of its teacher: cosine on held-out texts, and STS Benchmark where the file is at hand.
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Evaluation;
using Samples.Common;

namespace Samples.DistillModel;

internal static class EvaluateCommand
{
    private static readonly Option<DirectoryInfo> Teacher = new("--teacher")
    { Description = "The full-precision folder to compare with", DefaultValueFactory = _ => new(RepositoryFiles.Teacher) };

    private static readonly Option<string[]> Models = new("--model")
    {
        Description = "Ternary files or full-precision folders",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [RepositoryFiles.TernaryModel],
    };

    private static readonly Option<FileInfo?> HeldOutTexts = new("--held-out")
    { Description = "Texts to compare on, one a line [default: the held-out glosses]" };

    private static readonly Option<FileInfo?> Sts = new("--sts")
    { Description = "STS Benchmark's sts-test.tsv as distributed" };

    private static readonly Option<FileInfo?> Json = new("--json")
    { Description = "Writes the figures to this file" };

    public static Command Create()
    {
        Command command = new("evaluate", "Measures what ternary files keep of their teacher.") { Teacher, Models, HeldOutTexts, Sts, Json };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult arguments)
    {
        try
        {
            List<ModelFigures> figures = Measure(arguments);
            Console.WriteLine($"{"model",-40} {"cosine",8} {"p5",8} {"STS",8}");
            foreach (ModelFigures row in figures)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Model,-40} {row.CosineMean,8:0.0000} {row.CosineP5,8:0.0000} {row.CosineSpearman,8:0.0000}"));
            if (arguments.GetValue(Json) is FileInfo json)
                WholeFile.WriteLines(json.FullName, [JsonSerializer.Serialize(figures, ModelFigures.JsonOptions)]);
            return 0;
        }
        catch (Exception e) when (e is IOException or CheckpointException or ArgumentException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static List<ModelFigures> Measure(ParseResult arguments)
    {
        string[] texts = arguments.GetValue(HeldOutTexts) is FileInfo file
            ? File.ReadAllLines(file.FullName)
            : [.. HeldOut.Glosses()];
        List<SentencePair>? pairs = arguments.GetValue(Sts) is FileInfo sts ? StsBenchmark.Read(sts.FullName) : null;
        string teacherPath = arguments.GetValue(Teacher)!.FullName;
        using var teacher = new TextEncoder(HuggingFaceFolder.Load(teacherPath));
        float[] expected = Embed(teacher, texts);
        var figures = new List<ModelFigures>();
        foreach (string path in arguments.GetValue(Models)!.Prepend(teacherPath))
        {
            using var encoder = new TextEncoder(EmbeddingModelFile.Load(path));
            EmbeddingAgreement agreement = EmbeddingAgreement.Measure(expected, Embed(encoder, texts), encoder.Dimension);
            figures.Add(new ModelFigures(Path.GetFileName(path.TrimEnd('/')), agreement.CosineMean, agreement.CosineP5, pairs is null ? null : Spearman(encoder, pairs)));
        }
        return figures;
    }

    private static double Spearman(TextEncoder encoder, List<SentencePair> pairs)
    {
        float[] first = Embed(encoder, [.. pairs.Select(pair => pair.Sentence1)]);
        float[] second = Embed(encoder, [.. pairs.Select(pair => pair.Sentence2)]);
        double[] cosines = EmbeddingAgreement.Cosines(first, second, encoder.Dimension);
        return Correlation.Spearman(cosines, [.. pairs.Select(pair => pair.Score)]);
    }

    private static float[] Embed(TextEncoder encoder, string[] texts)
    {
        var embeddings = new float[texts.Length * encoder.Dimension];
        encoder.Embed(texts, embeddings);
        return embeddings;
    }
}

/// <summary>One model's figures, as the JSON holds them.</summary>
internal sealed record ModelFigures(string Model, double CosineMean, double CosineP5, double? CosineSpearman)
{
    public static readonly JsonSerializerOptions JsonOptions = new()
    { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };
}
