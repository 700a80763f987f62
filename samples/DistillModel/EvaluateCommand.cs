// "evaluate": what a ternary file keeps of its teacher: cosine on held-out texts, and STS Benchmark where the file is at hand.
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
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

    private static readonly Option<string?> Forms = new("--forms")
    {
        Description = "Also measures embeddings that are cut to these numbers of components, such as 64/128/256, and stored as int8, ternary or signs",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        Command command = new("evaluate", "Measures what ternary files keep of their teacher.") { Teacher, Models, HeldOutTexts, Sts, Forms, Json };
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
            PrintForms(figures);
            if (arguments.GetValue(Json) is FileInfo json)
                WholeFile.WriteLines(json.FullName, [JsonSerializer.Serialize(figures, ModelFigures.JsonOptions)]);
            return 0;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or CheckpointException or ArgumentException or FormatException)
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
        IReadOnlyList<int>? cuts = arguments.GetResult(Forms) is null ? null : (arguments.GetValue(Forms) is string counts ? ComponentCounts.Parse(counts) : ComponentCounts.Usual).Counts;
        string teacherPath = arguments.GetValue(Teacher)!.FullName;
        using var teacher = new TextEncoder(HuggingFaceFolder.Load(teacherPath));
        float[] expected = Embed(teacher, texts);
        var figures = new List<ModelFigures>();
        foreach (string path in arguments.GetValue(Models)!.Prepend(teacherPath))
        {
            using var encoder = new TextEncoder(EmbeddingModelFile.Load(path));
            float[] embeddings = Embed(encoder, texts);
            EmbeddingAgreement agreement = EmbeddingAgreement.Measure(expected, embeddings, encoder.Dimension);
            figures.Add(new ModelFigures(Path.GetFileName(path.TrimEnd('/')), agreement.CosineMean, agreement.CosineP5, pairs is null ? null : Spearman(encoder, pairs))
            { Forms = cuts is null ? null : EmbeddingFormAgreement.Measure(embeddings, expected, encoder.Dimension, cuts) });
        }
        return figures;
    }

    private static void PrintForms(IEnumerable<ModelFigures> figures)
    {
        foreach (ModelFigures model in figures.Where(model => model.Forms is not null))
        {
            Console.WriteLine($"\n{model.Model,-40} {"form",8} {"cosine",8} {"overlap@10",11}");
            foreach (EmbeddingFormAgreement row in model.Forms!)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Components + " components",40} {row.Form.ToString().ToLowerInvariant(),8} {row.CosineMean,8:0.0000} {row.NeighborOverlap,11:0.0000}"));
        }
    }

    internal static double Spearman(TextEncoder encoder, List<SentencePair> pairs)
    {
        float[] first = Embed(encoder, [.. pairs.Select(pair => pair.Sentence1)]);
        float[] second = Embed(encoder, [.. pairs.Select(pair => pair.Sentence2)]);
        double[] cosines = EmbeddingAgreement.Cosines(first, second, encoder.Dimension);
        return Correlation.Spearman(cosines, [.. pairs.Select(pair => pair.Score)]);
    }

    internal static float[] Embed(TextEncoder encoder, string[] texts)
    {
        var embeddings = new float[texts.Length * encoder.Dimension];
        encoder.Embed(texts, embeddings);
        return embeddings;
    }
}

/// <summary>One model's figures, as the JSON holds them.</summary>
internal sealed record ModelFigures(string Model, double CosineMean, double CosineP5, double? CosineSpearman)
{
    /// <summary>What shorter and coarser embeddings keep; null where nobody asked.</summary>
    public IReadOnlyList<EmbeddingFormAgreement>? Forms { get; init; }

    public static readonly JsonSerializerOptions JsonOptions = new()
    { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = { new JsonStringEnumConverter() } };
}
