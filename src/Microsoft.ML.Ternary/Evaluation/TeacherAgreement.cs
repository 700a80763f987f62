// What a table says of a compressed model beside its scores: how like its teacher's its embeddings and their neighbours are.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Agreement of a model with its teacher on the same texts.</summary>
/// <param name="CosineMean">Mean cosine of the two embeddings of a text; null where the models differ in dimension.</param>
/// <param name="CosineP5">The cosine that 5 % of the texts stay below; null where the models differ in dimension.</param>
/// <param name="NeighborOverlap">The mean share of a text's nearest other texts that both models agree on, 0 to 1.</param>
public sealed record TeacherAgreement(double? CosineMean, double? CosineP5, double NeighborOverlap)
{
    /// <summary>Compares a model with its teacher.</summary>
    /// <param name="student">The model.</param>
    /// <param name="teacher">Its teacher.</param>
    /// <param name="texts">Texts, of which at least two differ; repetitions are dropped. The work grows with their square.</param>
    /// <param name="neighbors">Neighbours of a text that are compared, at least 1; all others where there are fewer.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ArgumentException">There are fewer texts.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static TeacherAgreement Measure(ITextEmbedder student, ITextEmbedder teacher, IReadOnlyList<string> texts, int neighbors = 10, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(student);
        ArgumentNullException.ThrowIfNull(teacher);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(neighbors);
        string[] different = [.. texts.Distinct()];
        if (different.Length < 2)
            throw new ArgumentException($"{different.Length} different texts; at least 2 are needed.", nameof(texts));
        float[] students = EvaluationRun.EmbedAll(student, different, cancellation);
        float[] teachers = EvaluationRun.EmbedAll(teacher, different, cancellation);
        EmbeddingAgreement? agreement = student.Dimension == teacher.Dimension ? EmbeddingAgreement.Measure(students, teachers, teacher.Dimension) : null;
        double overlap = ExactSearch.Overlap(
            Neighbors(students, student.Dimension, neighbors, cancellation), Neighbors(teachers, teacher.Dimension, neighbors, cancellation));
        return new TeacherAgreement(agreement?.CosineMean, agreement?.CosineP5, overlap);
    }

    /// <summary>Each text's nearest others by cosine, nearest first. Normalises <paramref name="rows"/> in place.</summary>
    internal static int[][] Neighbors(float[] rows, int dimension, int count, CancellationToken cancellation)
    {
        EvaluationRun.Normalize(rows, dimension);
        NearestDocuments nearest = new(rows, dimension, Math.Min(count + 1, rows.Length / dimension));
        nearest.Offer(rows, 0, cancellation);
        return [.. nearest.Rankings.Select((ranking, text) => ranking.Where(other => other != text).Take(count).ToArray())];
    }
}
