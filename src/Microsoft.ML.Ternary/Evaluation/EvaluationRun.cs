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

    private readonly EvaluationTask _task;
    private readonly ITextEmbedder _embedder;
    private readonly IProgress<double>? _progress;
    private readonly int _total;
    private int _embedded;

    internal EvaluationRun(EvaluationTask task, ITextEmbedder embedder, IProgress<double>? progress, CancellationToken cancellation)
    {
        _task = task;
        _embedder = embedder;
        _progress = progress;
        _total = Math.Max(1, task.Texts.Count);
        Cancellation = cancellation;
    }

    /// <summary>Whether the evaluation is to stop.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Components of an embedding.</summary>
    public int Dimension => _embedder.Dimension;

    /// <summary>Embeds texts: texts.Count rows of <see cref="Dimension"/> components, as the model gives them.</summary>
    /// <exception cref="InvalidOperationException">A component is not a finite number.</exception>
    /// <exception cref="OperationCanceledException"><see cref="Cancellation"/> was cancelled.</exception>
    public float[] Embed(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        float[] rows = new float[checked(texts.Count * Dimension)];
        for (int start = 0; start < texts.Count; start += PortionTexts)
        {
            Cancellation.ThrowIfCancellationRequested();
            string[] portion = [.. texts.Skip(start).Take(PortionTexts)];
            Span<float> output = rows.AsSpan(start * Dimension, portion.Length * Dimension);
            _embedder.Embed(portion, output, Cancellation);
            CheckFinite(output, portion);
            _embedded += portion.Length;
            _progress?.Report(EmbeddingShare * Math.Min(1, (double)_embedded / _total));
        }
        return rows;
    }

    /// <summary>Embeds texts and scales each row to length 1, so that inner products are cosines; rows of zeros stay so.</summary>
    /// <exception cref="InvalidOperationException">A component is not a finite number.</exception>
    /// <exception cref="OperationCanceledException"><see cref="Cancellation"/> was cancelled.</exception>
    public float[] EmbedNormalized(IReadOnlyList<string> texts)
    {
        float[] rows = Embed(texts);
        for (int i = 0; i < rows.Length; i += Dimension)
        {
            Span<float> row = rows.AsSpan(i, Dimension);
            float norm = TensorPrimitives.Norm<float>(row);
            if (norm > 0)
                TensorPrimitives.Divide(row, norm, row);
        }
        return rows;
    }

    /// <summary>Reports what share of the work after embedding is done, 0 to 1.</summary>
    public void Report(double share) => _progress?.Report(EmbeddingShare + (1 - EmbeddingShare) * share);

    private void CheckFinite(ReadOnlySpan<float> rows, string[] texts)
    {
        // A sum is finite unless a component is not: the cheap question first.
        if (float.IsFinite(TensorPrimitives.SumOfMagnitudes(rows)))
            return;
        for (int i = 0; i < texts.Length; i++)
        {
            foreach (float value in rows.Slice(i * Dimension, Dimension))
            {
                if (!float.IsFinite(value))
                    throw new InvalidOperationException($"Task {_task.Name}: the model's embedding of '{Shorten(texts[i])}' holds {value}. A model whose training diverged does this; evaluate an earlier state of it.");
            }
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..57] + "...";
}
