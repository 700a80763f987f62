// Embeddings are often stored cut short or in fewer bits. What a model keeps of its teacher then is another figure than what it keeps
// in full, and the one that its users see.
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>What embeddings of one form and length keep of the teacher's full ones.</summary>
/// <param name="Form">The form of the components.</param>
/// <param name="Components">How many of the first components.</param>
/// <param name="CosineMean">Mean cosine to the teacher's same components in float32.</param>
/// <param name="NeighborOverlap">The mean share of a text's nearest others by the teacher's full embeddings that are among its nearest in
/// this form, 0 to 1.</param>
public sealed record EmbeddingFormAgreement(EmbeddingForm Form, int Components, double CosineMean, double NeighborOverlap)
{
    private static readonly EmbeddingForm[] Forms = Enum.GetValues<EmbeddingForm>();

    /// <summary>Compares embeddings of the same texts in every form, at the full length and at shorter ones.</summary>
    /// <param name="embeddings">The model's embeddings, row by row.</param>
    /// <param name="teacher">The teacher's, row by row; the same array measures what the forms alone cost.</param>
    /// <param name="dimension">Components of a row.</param>
    /// <param name="components">Lengths to cut to; those that are not below <paramref name="dimension"/> are passed over.</param>
    /// <param name="neighbors">Neighbours of a text that are compared, at least 1. The work grows with the square of the texts.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The full length first, then the longest cut; of each the forms from the most bits to the fewest.</returns>
    /// <exception cref="ArgumentException">The sides differ in length, are not whole rows, or there are fewer than two.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static IReadOnlyList<EmbeddingFormAgreement> Measure(
        ReadOnlySpan<float> embeddings, ReadOnlySpan<float> teacher, int dimension, IReadOnlyList<int> components, int neighbors = 10,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(components);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(neighbors);
        if (embeddings.Length != teacher.Length || embeddings.Length % dimension != 0 || embeddings.Length < 2 * dimension)
            throw new ArgumentException($"Expected two times the same number of rows, at least 2, of {dimension} components, got {embeddings.Length} and {teacher.Length} values.");
        int[][] expected = TeacherAgreement.Neighbors(teacher.ToArray(), dimension, neighbors, cancellation);
        var figures = new List<EmbeddingFormAgreement>();
        foreach (int length in components.Where(count => count > 0 && count < dimension).Append(dimension).Distinct().OrderDescending())
        {
            float[] cut = FirstComponents(embeddings, dimension, length), target = FirstComponents(teacher, dimension, length);
            foreach (EmbeddingForm form in Forms)
            {
                float[] stored = Stored(cut, length, form);
                double cosine = EmbeddingAgreement.Cosines(stored, target, length).Average();
                double overlap = ExactSearch.Overlap(TeacherAgreement.Neighbors(stored, length, neighbors, cancellation), expected);
                figures.Add(new EmbeddingFormAgreement(form, length, cosine, overlap));
            }
        }
        return figures;
    }

    private static float[] FirstComponents(ReadOnlySpan<float> rows, int dimension, int length)
    {
        var cut = new float[rows.Length / dimension * length];
        for (int row = 0; row < rows.Length / dimension; row++)
            rows.Slice(row * dimension, length).CopyTo(cut.AsSpan(row * length));
        return cut;
    }

    private static float[] Stored(float[] rows, int length, EmbeddingForm form)
    {
        var stored = new float[rows.Length];
        for (int start = 0; start < rows.Length; start += length)
            EmbeddingRounding.Round(rows.AsSpan(start, length), form, stored.AsSpan(start, length));
        return stored;
    }
}
