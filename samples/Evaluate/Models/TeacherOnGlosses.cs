// What all models are held against text by text: the teacher's embeddings of texts that no model was trained on. They stay when the
// teacher is closed.
using Microsoft.ML.Ternary.Evaluation;
using Samples.Evaluate.Results;

namespace Samples.Evaluate.Models;

internal sealed class TeacherOnGlosses : ITextEmbedder
{
    private readonly IReadOnlyList<string> _glosses;
    private readonly float[] _rows;
    private readonly Dictionary<string, int> _rowOf = [];

    /// <summary>Embeds the glosses.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public TeacherOnGlosses(ITextEmbedder teacher, IReadOnlyList<string> glosses, CancellationToken cancellation)
    {
        (_glosses, Dimension) = (glosses, teacher.Dimension);
        _rows = Embed(teacher, cancellation);
        for (int i = 0; i < glosses.Count; i++)
            _rowOf[glosses[i]] = i;
    }

    public int Dimension { get; }

    public void Embed(IReadOnlyList<string?> texts, Span<float> output, CancellationToken cancellation = default)
    {
        for (int i = 0; i < texts.Count; i++)
            _rows.AsSpan(_rowOf[texts[i]!] * Dimension, Dimension).CopyTo(output[(i * Dimension)..]);
    }

    /// <summary>Writes down how near a model's embeddings are.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public void Compare(ITextEmbedder model, ModelResult result, CancellationToken cancellation)
    {
        result.Agreement = TeacherAgreement.Measure(model, this, _glosses, cancellation: cancellation);
        if (model.Dimension == Dimension)
            result.Cosines = EmbeddingAgreement.Cosines(_rows, Embed(model, cancellation), Dimension);
    }

    private float[] Embed(ITextEmbedder embedder, CancellationToken cancellation)
    {
        float[] rows = new float[_glosses.Count * embedder.Dimension];
        embedder.Embed(_glosses, rows, cancellation);
        return rows;
    }
}
