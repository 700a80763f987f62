// What a distilled model has to beat, made of the teacher on the spot: rounding alone, four bits, an encoder that knows nothing, and
// no model at all.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;
using Samples.Evaluate.Results;

namespace Samples.Evaluate.Models;

internal static class Baselines
{
    /// <summary>The word that stands for no baselines.</summary>
    public const string None = "none";

    private const int GroupSize = 32;

    private static readonly (string Name, Func<Lazy<EmbeddingModel>, int, IOpenModel> Open)[] Makers =
    [
        ("ptq-matrix", (teacher, threads) => Rounded(teacher, threads, model => ModelTernarizer.Ternarize(model, TernaryScaling.PerMatrix()))),
        ("ptq-row", (teacher, threads) => Rounded(teacher, threads, model => ModelTernarizer.Ternarize(model, TernaryScaling.PerRow()))),
        ("ptq-2digit", (teacher, threads) => Rounded(teacher, threads, model => ModelTernarizer.Ternarize(model, TernaryScaling.PerRow(), digits: TernaryDigits.Two))),
        ("ptq-4bit", FourBits),
        (EvaluationReport.Zeroed, (teacher, threads) => Rounded(teacher, threads, ModelTernarizer.ZeroEncoder)),
        ("bm25", (_, _) => new OpenBm25()),
        ("tf-idf", (_, _) => new OpenTfIdf()),
    ];

    /// <summary>The names of all of them, in the order of the tables.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Makers.Select(maker => maker.Name)];

    /// <summary>The baselines of these names.</summary>
    /// <param name="names">Names, or <see cref="None"/> alone.</param>
    /// <param name="teacher">The model that they are made of.</param>
    /// <param name="teacherName">What messages call it.</param>
    /// <exception cref="ArgumentException">There is no baseline of a name.</exception>
    public static IEnumerable<Contender> Create(IReadOnlyList<string> names, Lazy<EmbeddingModel> teacher, string teacherName)
    {
        if (names is [None])
            return [];
        if (names.FirstOrDefault(name => !Names.Contains(name)) is string unknown)
            throw new ArgumentException($"--baselines: there is no '{unknown}'; there are {string.Join(", ", Names)}, or {None}.");
        return Makers.Where(maker => names.Contains(maker.Name))
            .Select(maker => new Contender(maker.Name, $"made of {teacherName}", threads => maker.Open(teacher, threads)));
    }

    // As a file would give it back, so that what is measured has the size that is shown.
    private static OpenEncoder Rounded(Lazy<EmbeddingModel> teacher, int threads, Func<EmbeddingModel, EmbeddingModel> round)
    {
        EmbeddingModel model = TernaryModelFile.AsStored(round(teacher.Value));
        return new OpenEncoder(model, threads, ModelSize.OfFile(model));
    }

    // Stored exactly but for the token embeddings: float16 would round once more what four bits and a scale hold.
    private static OpenEncoder FourBits(Lazy<EmbeddingModel> teacher, int threads)
    {
        EmbeddingModel model = TernaryModelFile.AsStored(ModelRounder.Round(teacher.Value, 4, GroupSize), new TernaryModelFileOptions { HalfPrecisionLayers = false });
        return new OpenEncoder(model, threads, ModelSize.InGroups(model, 4, GroupSize), $"4 bits a weight and a float16 scale for every {GroupSize}, rounded without training; runs dense, in float32");
    }
}
