// Student against teacher on texts that are not trained on.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>How near a student is to its teacher.</summary>
/// <param name="Mean">Mean of the cosines.</param>
/// <param name="P5">Their fifth percentile.</param>
/// <param name="StudentIsFinite">Whether all of the student's embeddings are numbers, and not so large that their squares are none.</param>
internal readonly record struct HeldOutAgreement(double Mean, double P5, bool StudentIsFinite);

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

    /// <summary>The teacher's embeddings, one after another.</summary>
    public ReadOnlySpan<float> TeacherEmbeddings => _teacher;

    /// <summary>Compares over the first <paramref name="count"/> texts.</summary>
    public HeldOutAgreement Compare(TorchTextEncoder student, int count, CancellationToken cancellation)
    {
        int dimension = student.Dimension;
        var embeddings = new float[count * dimension];
        student.Embed(_texts.Take(count).ToArray(), embeddings, cancellation);
        var cosines = new double[count];
        bool finite = true;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> embedding = embeddings.AsSpan(i * dimension, dimension);
            cosines[i] = TensorPrimitives.CosineSimilarity<float>(embedding, _teacher.AsSpan(i * dimension, dimension));
            finite &= float.IsFinite(TensorPrimitives.SumOfSquares(embedding));
        }
        return new(cosines.Average(), Percentile.Of(cosines, 5), finite);
    }
}
