// One model on one task: embeds texts in portions, so that progress can be shown and the work stopped, and holds what comes
// back against the one thing that makes every figure meaningless.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>The evaluation of one model on one task, as the task sees it.</summary>
public sealed class EvaluationRun
{
    // What embedding counts as in the progress; ranking or training has the rest.
    private const double EmbeddingShare = 0.9;

    // Large enough that an encoder can sort texts by length, small enough for progress to move.
    private const int PortionTexts = 1024;

    private readonly ITextEmbedder _embedder;
    private readonly IProgress<double>? _progress;
    private readonly int _total;
    private int _embedded;

    internal EvaluationRun(ITextEmbedder embedder, int texts, IProgress<double>? progress, CancellationToken cancellation)
    {
        _embedder = embedder;
        _progress = progress;
        _total = Math.Max(1, texts);
        Cancellation = cancellation;
    }

    /// <summary>Whether the evaluation is to stop.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Components of an embedding.</summary>
    public int Dimension => _embedder.Dimension;

    /// <summary>Embeds texts: texts.Count rows of <see cref="Dimension"/> components, as the model gives them.</summary>
    /// <exception cref="InvalidOperationException">A component is not a finite number.</exception>
    /// <exception cref="OperationCanceledException"><see cref="Cancellation"/> was cancelled.</exception>
    public float[] Embed(IReadOnlyList<string> texts) => EmbedAll(_embedder, texts, Cancellation, portion =>
    {
        _embedded += portion;
        _progress?.Report(EmbeddingShare * Math.Min(1, (double)_embedded / _total));
    });

    /// <summary>Embeds texts and scales each row to length 1, so that inner products are cosines; rows of zeros stay so.</summary>
    /// <exception cref="InvalidOperationException">A component is not a finite number.</exception>
    /// <exception cref="OperationCanceledException"><see cref="Cancellation"/> was cancelled.</exception>
    public float[] EmbedNormalized(IReadOnlyList<string> texts)
    {
        float[] rows = Embed(texts);
        Normalize(rows, Dimension);
        return rows;
    }

    /// <summary>Reports what share of the work after embedding is done, 0 to 1.</summary>
    public void Report(double share) => _progress?.Report(EmbeddingShare + (1 - EmbeddingShare) * share);

    /// <summary>Embeds texts in portions, telling the size of each.</summary>
    /// <exception cref="InvalidOperationException">A component is not a finite number.</exception>
    internal static float[] EmbedAll(ITextEmbedder embedder, IReadOnlyList<string> texts, CancellationToken cancellation, Action<int>? embedded = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        int dimension = embedder.Dimension;
        float[] rows = new float[checked(texts.Count * dimension)];
        for (int start = 0; start < texts.Count; start += PortionTexts)
        {
            cancellation.ThrowIfCancellationRequested();
            string[] portion = new string[Math.Min(PortionTexts, texts.Count - start)];
            for (int i = 0; i < portion.Length; i++)
                portion[i] = texts[start + i];
            Span<float> output = rows.AsSpan(start * dimension, portion.Length * dimension);
            embedder.Embed(portion, output, cancellation);
            CheckFinite(output, dimension, portion);
            embedded?.Invoke(portion.Length);
        }
        return rows;
    }

    /// <summary>Scales each row to length 1; rows of zeros stay so.</summary>
    internal static void Normalize(float[] rows, int dimension)
    {
        for (int i = 0; i < rows.Length; i += dimension)
        {
            Span<float> row = rows.AsSpan(i, dimension);
            float norm = TensorPrimitives.Norm<float>(row);
            if (norm > 0)
                TensorPrimitives.Divide(row, norm, row);
        }
    }

    private static void CheckFinite(ReadOnlySpan<float> rows, int dimension, string[] texts)
    {
        // A sum is finite unless a component is not, or all are huge: the cheap question first.
        if (float.IsFinite(TensorPrimitives.SumOfMagnitudes(rows)))
            return;
        for (int i = 0; i < rows.Length; i++)
        {
            if (!float.IsFinite(rows[i]))
                throw new InvalidOperationException($"The model's embedding of '{Shorten(texts[i / dimension])}' holds {rows[i]}. A model whose training diverged does this; evaluate an earlier state of it.");
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..57] + "...";
}
