using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class EmbeddingFormAgreementTests
{
    // Two pairs of neighbours by their full embeddings, (0, 1) and (2, 3); by the first two components all are one direction but 3.
    private static readonly float[] Rows =
    [
        1, 1, 4, 0,
        1, 1, 3, 0,
        1, 1, 0, 4,
        1, -1, 0, 4,
    ];

    [Fact]
    public void EachLengthAndFormIsComparedWithTheTeachersFullEmbeddings()
    {
        IReadOnlyList<EmbeddingFormAgreement> figures = EmbeddingFormAgreement.Measure(Rows, Rows, 4, [2, 9], neighbors: 1);
        Assert.Equal([4, 4, 4, 4, 2, 2, 2, 2], figures.Select(row => row.Components));
        Assert.Equal([EmbeddingForm.Float32, EmbeddingForm.Int8, EmbeddingForm.Ternary, EmbeddingForm.Binary], figures.Take(4).Select(row => row.Form));
        Assert.Equal((1.0, 1.0), (Math.Round(figures[0].CosineMean, 6), figures[0].NeighborOverlap));
        // Ternary keeps the 4 alone where there is one, and makes 1, 1, 3 alike.
        Assert.Equal((3 * 4 / Math.Sqrt(18) + 5 / Math.Sqrt(33)) / 4, figures[2].CosineMean, 1e-6);
        Assert.Equal(1, figures[2].NeighborOverlap);
        // Of two components nothing is lost to their own full precision, in any form, and neighbours are lost.
        Assert.All(figures.Skip(4), row => Assert.Equal(1, row.CosineMean, 1e-6));
        Assert.True(figures[4].NeighborOverlap < 1);
    }

    [Fact]
    public void SidesThatDoNotFitAreRefused()
    {
        Assert.Throws<ArgumentException>(() => EmbeddingFormAgreement.Measure(Rows, Rows.AsSpan(4), 4, []));
        Assert.Throws<ArgumentException>(() => EmbeddingFormAgreement.Measure(Rows.AsSpan(12), Rows.AsSpan(12), 4, []));
    }
}
