// The packed matrix is what files hold and every kernel reads: bytes are checked by hand, the rest by laws.
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Microsoft.ML.Ternary.Kernels.Tests;

public class TernaryMatrixTests
{
    [Fact]
    public void FiveCodesShareAByteInBase3WithTheFirstCodeLowest()
    {
        TernaryMatrix matrix = TernaryMatrix.FromCodes([1, 0, -1, 1, 1, -1], 1, 6, [2f]);

        // 2 + 1 x 3 + 0 x 9 + 2 x 27 + 2 x 81 = 221; then 0, and four absent columns count as code 0: 3 + 9 + 27 + 81 = 120.
        Assert.Equal([221, 120], matrix.Packed.ToArray());
        Assert.Equal(2f, matrix.Scale(0));
    }

    [Fact]
    public void RowsBeginOnAByte()
    {
        TernaryMatrix matrix = TernaryMatrix.FromCodes([1, 1, -1, -1], 2, 2, [1f, 3f]);

        Assert.Equal(2, matrix.Packed.Length);
        Assert.Equal(3f, matrix.Scale(1));
        AssertRow(matrix, 1, -1, -1);
    }

    [Fact]
    public void TwoDigitsAreStoredAsTwoPlanes()
    {
        sbyte[] codes = [-4, -3, -2, -1, 0, 1, 2, 3, 4];
        TernaryMatrix matrix = TernaryMatrix.FromCodes(codes, 3, 3, [1f], digits: 2);

        // Code 2 = -1 + 3 x 1, so row 2 (2, 3, 4) has low digits (-1, 0, 1) and high digits (1, 1, 1).
        Assert.Equal(0 + 1 * 3 + 2 * 9 + 27 + 81, matrix.Packed.Span[2]);
        Assert.Equal(2 + 2 * 3 + 2 * 9 + 27 + 81, matrix.Packed.Span[5]);
        AssertRow(matrix, 0, -4, -3, -2);
        AssertRow(matrix, 2, 2, 3, 4);
        Assert.Equal(1, matrix.CountZeros());
    }

    [Property]
    public Property UnpackingGivesBackWhatWasPacked() => Prop.ForAll(Codes(digits: 1), RoundTrips(digits: 1));

    [Property]
    public Property UnpackingGivesBackCodesOfTwoDigits() => Prop.ForAll(Codes(digits: 2), RoundTrips(digits: 2));

    [Fact]
    public void PerMatrixScalingRoundsHalvesToEven()
    {
        // mean|w| = 1, so m = 2; the halves w / m = 0.5 and -0.5 become 0, 1.5 is clamped.
        TernaryMatrix matrix = TernaryMatrix.Ternarize([1f, -1f, 3f, 0f, -1.25f, 0f, 0f, 1.75f], 2, 4, TernaryScaling.PerMatrix());

        Assert.Equal([2f], matrix.Scales.ToArray());
        AssertRow(matrix, 0, 0, 0, 1, 0);
        AssertRow(matrix, 1, -1, 0, 0, 1);
        Assert.Equal(5, matrix.CountZeros());
    }

    [Fact]
    public void PerRowScalingKeepsWhatExceedsThreeQuartersOfTheMean()
    {
        // Row 0: mean|w| = 2, threshold 1.5 (not kept itself), scale = (4 + 2) / 2. Row 1: mean 1, threshold 0.75, all kept.
        float[] weights = [4f, -2f, 1.5f, 0.5f, 1f, -1f, -1f, 1f];

        TernaryMatrix matrix = TernaryMatrix.Ternarize(weights, 2, 4, TernaryScaling.PerRow());

        Assert.Equal([3f, 1f], matrix.Scales.ToArray());
        AssertRow(matrix, 0, 1, -1, 0, 0);
        AssertRow(matrix, 1, 1, -1, -1, 1);
    }

    [Fact]
    public void TwoDigitsARowRoundByTheStepAndThenTakeTheScaleOfLeastSquares()
    {
        // Row 0: mean|w| = 2, step 0.5 x 2 = 1: codes 4 (6 is clamped), -2 (halves to even: -1.5), 0 (0.5 to even) and 0;
        // scale = (6 x 4 + 1.5 x 2) / (16 + 4) = 1.35. Row 1: mean 1, step 0.5, all codes 2 or -2, scale 0.5.
        float[] weights = [6f, -1.5f, 0.5f, 0f, 1f, -1f, -1f, 1f];

        TernaryMatrix matrix = TernaryMatrix.Ternarize(weights, 2, 4, TernaryScaling.PerRow(step: 0.5f), digits: 2);

        Assert.Equal(2, matrix.Digits);
        Assert.Equal([1.35f, 0.5f], matrix.Scales.ToArray());
        AssertRow(matrix, 0, 4, -2, 0, 0);
        AssertRow(matrix, 1, 2, -2, -2, 2);
    }

    [Fact]
    public void TwoDigitsAMatrixShareOneScaleOfLeastSquares()
    {
        // mean|w| = 2, step 1: codes 4, -2, 0, 4; scale = (6 x 4 + 1.5 x 2 + 0.5 x 0 + 0 x 0) / 20.
        TernaryMatrix matrix = TernaryMatrix.Ternarize([6f, -1.5f, 0.5f, 0f], 2, 2, TernaryScaling.PerMatrix(step: 0.5f), digits: 2);

        Assert.Equal([1.35f], matrix.Scales.ToArray());
        AssertRow(matrix, 0, 4, -2);
        AssertRow(matrix, 1, 0, 0);
    }

    [Property]
    public void TheScaleOfTwoDigitsSuitsTheirCodesBest(int seed)
    {
        Random random = new(seed);
        float[] weights = [.. Enumerable.Range(0, 60).Select(_ => (float)(random.NextDouble() - random.NextDouble()))];
        foreach (TernaryScaling scaling in new[] { TernaryScaling.PerMatrix(), TernaryScaling.PerRow() })
        {
            TernaryMatrix matrix = TernaryMatrix.Ternarize(weights, 4, 15, scaling, digits: 2);
            double error = SquaredError(matrix, weights, 1);
            Assert.True(error <= SquaredError(matrix, weights, 1.01f));
            Assert.True(error <= SquaredError(matrix, weights, 0.99f));
        }
    }

    private static double SquaredError(TernaryMatrix matrix, float[] weights, float factor)
    {
        double sum = 0;
        var codes = new sbyte[matrix.Columns];
        for (int i = 0; i < weights.Length; i++)
        {
            matrix.UnpackRow(i / matrix.Columns, codes);
            double difference = weights[i] - (double)factor * matrix.Scale(i / matrix.Columns) * codes[i % matrix.Columns];
            sum += difference * difference;
        }
        return sum;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ZeroWeightsBecomeZeroCodesWithScaleZero(int digits)
    {
        foreach (TernaryScaling scaling in new[] { TernaryScaling.PerMatrix(), TernaryScaling.PerRow() })
        {
            TernaryMatrix matrix = TernaryMatrix.Ternarize(new float[6], 2, 3, scaling, digits);
            Assert.Equal(6, matrix.CountZeros());
            Assert.All(matrix.Scales.ToArray(), scale => Assert.Equal(0f, scale));
        }
    }

    [Fact]
    public void ConcatenationKeepsTheRowsAndScalesOfEachMatrix()
    {
        TernaryMatrix first = TernaryMatrix.FromCodes([1, 0, -1], 1, 3, [2f]);
        TernaryMatrix second = TernaryMatrix.FromCodes([0, 1, 1, -1, 0, 0], 2, 3, [5f]);

        TernaryMatrix both = TernaryMatrix.Concatenate(first, second);

        Assert.Equal([2f, 5f, 5f], both.Scales.ToArray());
        AssertRow(both, 0, 1, 0, -1);
        AssertRow(both, 1, 0, 1, 1);
        AssertRow(both, 2, -1, 0, 0);
    }

    [Fact]
    public void ConcatenationKeepsTheSecondDigit()
    {
        TernaryMatrix first = TernaryMatrix.FromCodes([4, -2], 1, 2, [1f], digits: 2);
        TernaryMatrix second = TernaryMatrix.FromCodes([3, 1, 0, -4], 2, 2, [1f], digits: 2);

        TernaryMatrix both = TernaryMatrix.Concatenate(first, second);

        AssertRow(both, 0, 4, -2);
        AssertRow(both, 1, 3, 1);
        AssertRow(both, 2, 0, -4);
    }

    [Fact]
    public void MatricesOfDifferentWidthAreNotConcatenated()
    {
        TernaryMatrix narrow = TernaryMatrix.FromCodes([1], 1, 1, [1f]);
        TernaryMatrix wide = TernaryMatrix.FromCodes([1, 1], 1, 2, [1f]);

        Assert.Throws<ArgumentException>(() => TernaryMatrix.Concatenate(narrow, wide));
        Assert.Throws<ArgumentException>(() => TernaryMatrix.Concatenate());
    }

    [Fact]
    public void BytesThatNoCodesGiveAreRefused()
    {
        TernaryMatrix.FromPacked(new byte[] { 242 }, 1, 5, new[] { 1f });
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => TernaryMatrix.FromPacked(new byte[] { 0, 243 }, 2, 5, new[] { 1f }));
        Assert.Contains("Byte 1", error.Message);
    }

    [Fact]
    public void DisagreeingLengthsAndValuesAreRefused()
    {
        Assert.Throws<ArgumentException>(() => TernaryMatrix.FromPacked(new byte[3], 2, 5, new[] { 1f }));
        Assert.Throws<ArgumentException>(() => TernaryMatrix.FromPacked(new byte[2], 2, 5, new[] { 1f, 1f, 1f }));
        Assert.Throws<ArgumentException>(() => TernaryMatrix.FromPacked(new byte[2], 2, 5, new[] { float.NaN }));
        Assert.Throws<ArgumentException>(() => TernaryMatrix.FromCodes([1, 1, 1], 2, 2, [1f]));
        Assert.Throws<ArgumentException>(() => TernaryMatrix.FromCodes([1, 2], 1, 2, [1f]));
        Assert.Throws<ArgumentException>(() => TernaryMatrix.FromCodes([1, 5], 1, 2, [1f], digits: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => TernaryMatrix.FromCodes([], 0, 2, [1f]));
        Assert.Throws<ArgumentOutOfRangeException>(() => TernaryMatrix.FromCodes([1], 1, 1, [1f], digits: 3));
        Assert.Throws<ArgumentException>(() => TernaryMatrix.Ternarize([1f], 1, 2, TernaryScaling.PerRow()));
        Assert.Throws<ArgumentException>(() => TernaryMatrix.Ternarize([1f, float.NaN], 1, 2, TernaryScaling.PerRow()));
        Assert.Throws<ArgumentOutOfRangeException>(() => TernaryScaling.PerMatrix(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => TernaryScaling.PerRow(float.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => TernaryScaling.PerRow(step: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => TernaryMatrix.Ternarize([1f], 1, 1, TernaryScaling.PerRow(), digits: 3));
    }

    [Fact]
    public void RowsOutsideTheMatrixAreRefused()
    {
        TernaryMatrix matrix = TernaryMatrix.FromCodes([1, 0], 1, 2, [1f]);

        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Scale(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.UnpackRow(-1, new sbyte[2]));
        Assert.Throws<ArgumentException>(() => matrix.UnpackRow(0, new sbyte[3]));
    }

    private static void AssertRow(TernaryMatrix matrix, int row, params int[] expected)
    {
        var codes = new sbyte[matrix.Columns];
        matrix.UnpackRow(row, codes);
        Assert.Equal(expected, codes.Select(code => (int)code));
    }

    private static Arbitrary<(int Rows, int Columns, sbyte[] Codes)> Codes(int digits)
    {
        int largest = digits == 1 ? 1 : 4;
        Gen<(int, int, sbyte[])> cases =
            from rows in Gen.Choose(1, 5)
            from columns in Gen.Choose(1, 33)
            from codes in Gen.ArrayOf(Gen.Choose(-largest, largest).Select(code => (sbyte)code), rows * columns)
            select (rows, columns, codes);
        return Arb.From(cases);
    }

    private static Func<(int Rows, int Columns, sbyte[] Codes), bool> RoundTrips(int digits) => given =>
    {
        TernaryMatrix matrix = TernaryMatrix.FromCodes(given.Codes, given.Rows, given.Columns, [1f], digits);
        TernaryMatrix wrapped = TernaryMatrix.FromPacked(matrix.Packed, given.Rows, given.Columns, matrix.Scales, digits);
        var codes = new sbyte[given.Codes.Length];
        for (int row = 0; row < given.Rows; row++)
            wrapped.UnpackRow(row, codes.AsSpan(row * given.Columns, given.Columns));
        return codes.AsSpan().SequenceEqual(given.Codes) && wrapped.CountZeros() == given.Codes.Count(code => code == 0);
    };
}
