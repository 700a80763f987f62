// A model whose embeddings stand in the test, so that every figure can be worked out by hand.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

/// <summary>Gives each text the row that the test says, and counts what it is asked.</summary>
internal sealed class TableEmbedder(int dimension, Func<string, float[]> row) : ITextEmbedder
{
    public TableEmbedder(Dictionary<string, float[]> rows)
        : this(rows.Values.First().Length, text => rows[text])
    {
    }

    public int Dimension => dimension;

    /// <summary>Every text asked for, in order.</summary>
    public List<string> Asked { get; } = [];

    public void Embed(IReadOnlyList<string?> texts, Span<float> output, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        for (int i = 0; i < texts.Count; i++)
        {
            Asked.Add(texts[i]!);
            row(texts[i]!).CopyTo(output.Slice(i * dimension, dimension));
        }
    }

    /// <summary>A model that reads its row from the text: numbers with spaces between.</summary>
    public static TableEmbedder Literal(int dimension) => new(dimension, text => [.. text.Split(' ').Take(dimension).Select(float.Parse)]);

    /// <summary>A model to which all texts are alike.</summary>
    public static TableEmbedder Constant() => new(2, _ => [1, 0]);
}

internal static class ScoreExtensions
{
    /// <summary>The value of a metric.</summary>
    public static double Of(this IReadOnlyList<EvaluationScore> scores, string metric) => scores.Single(score => score.Metric == metric).Value;
}
