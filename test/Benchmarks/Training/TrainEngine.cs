// What trains: the distiller with one recipe and one number format, or plain libtorch.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;

namespace Benchmarks.Training;

/// <summary>One way to train a student.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="TokensPerSecond">Trains on texts for some steps on some threads; tokens a second, teacher's forward pass included, padding not counted.</param>
internal sealed record TrainEngine(string Name, Func<EmbeddingModel, IReadOnlyList<string>, int, int, CancellationToken, double> TokensPerSecond)
{
    /// <summary>All of them; the last is what the others are compared with.</summary>
    public static IReadOnlyList<TrainEngine> All { get; } =
    [
        Distiller("default", TernaryRecipe.Default, MatrixPrecision.Auto),
        Distiller("default-float32", TernaryRecipe.Default, MatrixPrecision.Float32),
        Distiller("default-bfloat16", TernaryRecipe.Default, MatrixPrecision.BFloat16),
        Distiller("one-digit", SameAsPlain, MatrixPrecision.Auto),
        Distiller("one-digit-float32", SameAsPlain, MatrixPrecision.Float32),
        Plain("plain-libtorch-unsorted", sorted: false),
        Plain("plain-libtorch", sorted: true),
    ];

    // What plain libtorch does here: its embeddings stay the teacher's.
    private static TernaryRecipe SameAsPlain =>
        TernaryRecipe.OneDigit with { TrainEmbeddings = false, TokenEmbeddings = TokenEmbeddingFormat.Float32 };

    /// <exception cref="FormatException">There is no such engine.</exception>
    public static TrainEngine Parse(string name) =>
        All.FirstOrDefault(engine => engine.Name == name) ?? throw new FormatException($"'{name}' is none of {CommandLine.Names(All.Select(engine => engine.Name))}.");

    private static TrainEngine Plain(string name, bool sorted) => new(name, (model, texts, steps, threads, cancellation) =>
        PlainTraining.TokensPerSecond(sorted, model, texts, steps, threads, cancellation));

    private static TrainEngine Distiller(string name, TernaryRecipe recipe, MatrixPrecision precision) => new(name, (model, texts, steps, threads, cancellation) =>
    {
        var options = new DistillationOptions
        {
            Recipe = recipe,
            Precision = precision,
            Steps = steps + 1,
            Threads = threads,
            HeldOut = [.. texts.Take(1)],
            EvaluationInterval = TimeSpan.FromHours(1),
        };
        var watch = new AfterTheFirstStep();
        TernaryDistiller.Distill(model, () => texts, options, watch, cancellation);
        return watch.TokensPerSecond;
    });

    // The first step makes what later ones use again.
    private sealed class AfterTheFirstStep : IProgress<DistillationProgress>
    {
        private (double Tokens, double Seconds)? _first;

        public double TokensPerSecond { get; private set; }

        public void Report(DistillationProgress value)
        {
            double seconds = value.Elapsed.TotalSeconds, tokens = value.TokensPerSecond * seconds;
            if (_first is (double firstTokens, double firstSeconds))
                TokensPerSecond = (tokens - firstTokens) / (seconds - firstSeconds);
            else
                _first = (tokens, seconds);
        }
    }
}
