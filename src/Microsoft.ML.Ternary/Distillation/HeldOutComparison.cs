// Student against teacher on texts that are not trained on.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>Compares a student's embeddings with the teacher's, which are computed once.</summary>
internal sealed class HeldOutComparison
{
    private readonly IReadOnlyList<string> _texts;
    private readonly float[] _teacher;

    public HeldOutComparison(IReadOnlyList<string> texts, TorchTextEncoder teacher, CancellationToken cancellation)
    {
        _texts = texts;
        _teacher = new float[texts.Count * teacher.Dimension];
        teacher.Embed(texts, _teacher, cancellation);
    }

    /// <summary>Number of texts.</summary>
    public int Count => _texts.Count;

    /// <summary>Mean and fifth percentile of the cosines over the first <paramref name="count"/> texts.</summary>
    public (double Mean, double P5) Compare(TorchTextEncoder student, int count, CancellationToken cancellation)
    {
        int dimension = student.Dimension;
        var embeddings = new float[count * dimension];
        student.Embed(_texts.Take(count).ToArray(), embeddings, cancellation);
        var cosines = new double[count];
        for (int i = 0; i < count; i++)
            cosines[i] = TensorPrimitives.CosineSimilarity<float>(embeddings.AsSpan(i * dimension, dimension), _teacher.AsSpan(i * dimension, dimension));
        return (cosines.Average(), Percentile.Of(cosines, 5));
    }
}
