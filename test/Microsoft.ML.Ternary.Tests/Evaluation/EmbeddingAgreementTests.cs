// Cosines and neighbours of vectors small enough to check by eye.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class EmbeddingAgreementTests
{
    [Fact]
    public void CosinesAreThoseOfRowsWhateverTheirLength() =>
        Assert.Equal([1, 0, -1, 0.6, 0], EmbeddingAgreement.Cosines(
            [1, 0, 1, 0, 1, 2, 1, 0, 0, 0], [5, 0, 0, 3, -1, -2, 3, 4, 1, 1], 2), (a, b) => Math.Abs(a - b) < 1e-6);

    [Fact]
    public void MeanAndFifthPercentileSummariseTheCosines()
    {
        // 21 rows with cosines 0, .6 and 19 times 1: the percentile falls on the second smallest.
        float[] first = [.. Enumerable.Repeat<float[]>([1, 0], 21).SelectMany(row => row)];
        float[] second = [0, 1, .6f, .8f, .. Enumerable.Repeat<float[]>([1, 0], 19).SelectMany(row => row)];
        EmbeddingAgreement agreement = EmbeddingAgreement.Measure(first, second, 2);
        Assert.Equal(19.6 / 21, agreement.CosineMean, 6);
        Assert.Equal(0.6, agreement.CosineP5, 6);
    }

    [Fact]
    public void SidesOfDifferentLengthsAreRefused() =>
        Assert.Throws<ArgumentException>(() => EmbeddingAgreement.Measure([1, 0], [1, 0, 0, 1], 2));
}
