// GPTQ on one matrix: by hand where that is possible, by its laws where not.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Evaluation.Baselines;

namespace Microsoft.ML.Ternary.Tests.Evaluation.Baselines;

public sealed class GptqMatrixTests
{
    private static readonly GptqOptions Undamped = new() { Damping = 0 };

    [Fact]
    public void TheSecondWeightMakesUpForTheErrorOfTheFirst()
    {
        // Largest magnitude 1.5, so levels -2, -1, 0, 1. The first weight, 0.4, becomes 0. H = [2 1; 1 2]: the second is moved by
        // 0.4 x 1/2 to -1.3 and becomes -1, where the nearest to -1.5 (even) would be -2.
        double[] hessian = [2, 1, 1, 2];
        RoundedMatrix gptq = GptqMatrix.Round([0.4f, -1.5f], 1, hessian, Undamped);
        RoundedMatrix nearest = GptqMatrix.Round([0.4f, -1.5f], 1, hessian: null, Undamped);

        Assert.Equal([0, -1], gptq.Values);
        Assert.Equal([0, -1], gptq.Codes);
        Assert.Equal([1f], gptq.RowScales);
        Assert.Equal([0, -2], nearest.Values);
        // d H d^T with d = (0.4, -0.5), against w H w^T with w = (0.4, -1.5).
        Assert.Equal(0.42 / 3.62, GptqMatrix.RelativeError([0.4f, -1.5f], gptq.Values, hessian, 1), 1e-6);
    }

    [Fact]
    public void InActivationOrderTheLargestDiagonalComesFirstAndWeightsGoBackToTheirPlaces()
    {
        // H = [1 .5; .5 4]: the second column is rounded first, -1.5 to -2, and moves the first by 0.5 x .5/1 to .65, which becomes 1.
        double[] hessian = [1, 0.5, 0.5, 4];
        RoundedMatrix ordered = GptqMatrix.Round([0.4f, -1.5f], 1, hessian, Undamped with { ActivationOrder = true });
        Assert.Equal([1, -2], ordered.Values);
        Assert.Equal([0, -1], GptqMatrix.Round([0.4f, -1.5f], 1, [2, 1, 1, 1.5], Undamped with { ActivationOrder = true }).Values);
    }

    [Fact]
    public void AnInputThatIsAlwaysZeroHasWeightsOfZeroAndNeedsNoDamping()
    {
        double[] hessian = [2, 0, 1, 0, 0, 0, 1, 0, 2];
        RoundedMatrix rounded = GptqMatrix.Round([0.4f, 9f, -1.5f], 1, hessian, Undamped);
        Assert.Equal([0, 0, -1], rounded.Values);
    }

    [Fact]
    public void WithoutAnyInputEveryWeightIsZero() =>
        Assert.All(GptqMatrix.Round([1, 2, 3, 4], 2, new double[4], new GptqOptions()).Values, value => Assert.Equal(0, value));

    [Fact]
    public void AHessianThatIsNotPositiveDefiniteIsRefusedWithTheAdviceToDampMore()
    {
        double[] singular = [1, 1, 1, 1];
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => GptqMatrix.Round([1, 2], 1, singular, Undamped));
        Assert.Contains("Damping", error.Message, StringComparison.Ordinal);
        GptqMatrix.Round([1, 2], 1, singular, new GptqOptions());
    }

    [Theory]
    [InlineData(2, -2, 1)]
    [InlineData(3, -4, 3)]
    [InlineData(4, -8, 7)]
    public void SymmetricLevelsReachFromMinusHalfTheirNumberToOneLessThanHalf(int bits, int smallest, int largest)
    {
        float[] weights = [.. Enumerable.Range(-50, 101).Select(i => i / 50f)];
        RoundedMatrix rounded = GptqMatrix.Round(weights, 1, null, new GptqOptions { Bits = bits });
        Assert.Equal((smallest, largest), (rounded.Codes.Min(), rounded.Codes.Max()));
        Assert.Equal(1 << bits, rounded.Values.Distinct().Count());
    }

    [Fact]
    public void AsymmetricLevelsLieBetweenTheExtremes()
    {
        // From 0 to 3 in two bits: steps of 1.
        Assert.Equal([0, 1, 2, 3, 1], GptqMatrix.Round([0, 1, 2, 3, 1.2f], 1, null, new GptqOptions { Symmetric = false }).Values);
    }

    [Fact]
    public void GroupsHaveLevelsOfTheirOwn()
    {
        float[] weights = [.. Enumerable.Range(0, 16).Select(i => i < 8 ? 1.5f : -150f)];
        RoundedMatrix rounded = GptqMatrix.Round(weights, 1, null, new GptqOptions { GroupSize = 8 });
        Assert.Equal([1f, -200f], rounded.Values.Distinct());
    }

    [Fact]
    public void ASearchedRangeLeavesAnOutlierForTheSakeOfTheOthers()
    {
        float[] weights = [.. Enumerable.Range(0, 200).Select(i => i == 7 ? 10f : i % 2 == 0 ? 1f : -1f)];
        float[] whole = GptqMatrix.Round(weights, 1, null, new GptqOptions { Bits = 2 }).Values;
        float[] searched = GptqMatrix.Round(weights, 1, null, new GptqOptions { Bits = 2, SearchRange = true }).Values;
        Assert.True(Distance(weights, searched) < Distance(weights, whole));
    }

    [Property(MaxTest = 30)]
    public void WhereInputsAreUncorrelatedItIsRoundingToTheNearest(int seed)
    {
        (float[] weights, _) = Problem(seed, rows: 3, columns: 40, inputs: 1);
        double[] diagonal = new double[40 * 40];
        for (int i = 0; i < 40; i++)
            diagonal[i * 40 + i] = 1 + i % 7;
        float[] expected = GptqMatrix.Round(weights, 3, null, new GptqOptions()).Values;
        Assert.Equal(expected, GptqMatrix.Round(weights, 3, diagonal, new GptqOptions()).Values);
        Assert.Equal(expected, GptqMatrix.Round(weights, 3, diagonal, new GptqOptions { ActivationOrder = true }).Values);
    }

    [Property(MaxTest = 10)]
    public void OnCorrelatedInputsTheOutputsErrorIsAtMostThatOfRoundingToTheNearest(int seed)
    {
        // More columns than a block has, so that errors cross from one to the next; rows enough for the sum to say what each does not.
        (float[] weights, double[] hessian) = Problem(seed, rows: 24, columns: 150, inputs: 400);
        foreach (GptqOptions options in new GptqOptions[] { new(), new() { Bits = 4 }, new() { ActivationOrder = true }, new() { GroupSize = 32 }, new() { Symmetric = false } })
        {
            double gptq = GptqMatrix.RelativeError(weights, GptqMatrix.Round(weights, 24, hessian, options).Values, hessian, 24);
            double nearest = GptqMatrix.RelativeError(weights, GptqMatrix.Round(weights, 24, null, options).Values, hessian, 24);
            Assert.InRange(gptq, 0, 0.9 * nearest);
        }
    }

    [Property(MaxTest = 20)]
    public void InActivationOrderTheOrderOfColumnsDoesNotMatter(int seed)
    {
        const int Columns = 20;
        (float[] weights, double[] hessian) = Problem(seed, rows: 2, Columns, inputs: 60);
        int[] order = [.. Enumerable.Range(0, Columns)];
        new Random(seed).Shuffle(order);
        float[] shuffled = [.. Enumerable.Range(0, 2 * Columns).Select(i => weights[i / Columns * Columns + order[i % Columns]])];
        double[] shuffledHessian = [.. Enumerable.Range(0, Columns * Columns).Select(i => hessian[order[i / Columns] * Columns + order[i % Columns]])];
        GptqOptions options = new() { ActivationOrder = true };

        float[] expected = GptqMatrix.Round(weights, 2, hessian, options).Values;
        float[] actual = GptqMatrix.Round(shuffled, 2, shuffledHessian, options).Values;
        for (int i = 0; i < actual.Length; i++)
            Assert.Equal(expected[i / Columns * Columns + order[i % Columns]], actual[i]);
    }

    [Property(MaxTest = 20)]
    public void TheFactorTimesItsTransposeIsTheInverse(int seed)
    {
        const int Size = 12;
        (_, double[] hessian) = Problem(seed, rows: 1, Size, inputs: 40);
        double[] upper = InverseCholesky.Upper(hessian, Size);
        // U^T U H = I, and U is upper triangular.
        for (int i = 0; i < Size; i++)
        {
            Assert.All(Enumerable.Range(0, i), j => Assert.Equal(0, upper[i * Size + j]));
            for (int j = 0; j < Size; j++)
            {
                double product = 0;
                for (int k = 0; k < Size; k++)
                {
                    double inverse = 0;
                    for (int m = 0; m < Size; m++)
                        inverse += upper[m * Size + i] * upper[m * Size + k];
                    product += inverse * hessian[k * Size + j];
                }
                Assert.Equal(i == j ? 1 : 0, product, 1e-6);
            }
        }
    }

    [Fact]
    public void TheHessianIsTwiceTheProductOfTheInputs()
    {
        InputHessian hessian = new(2);
        hessian.Add([1, 2, 3, 4]);
        hessian.Add([0, 5]);
        // 2 ([1 2]^T [1 2] + [3 4]^T [3 4] + [0 5]^T [0 5]).
        Assert.Equal([20, 28, 28, 90], hessian.Matrix);
    }

    // Weights about normal, and a Hessian of inputs whose neighbours go together.
    private static (float[] Weights, double[] Hessian) Problem(int seed, int rows, int columns, int inputs)
    {
        Random random = new(seed);
        double Normal() => (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2;
        float[] weights = [.. Enumerable.Range(0, rows * columns).Select(_ => (float)Normal())];
        InputHessian hessian = new(columns);
        float[] x = new float[inputs * columns];
        for (int n = 0; n < inputs; n++)
        {
            double before = Normal(), common = Normal();
            for (int c = 0; c < columns; c++)
            {
                before = 0.9 * before + 0.4 * Normal();
                x[n * columns + c] = (float)(before + 0.5 * common);
            }
        }
        hessian.Add(x);
        return (weights, hessian.Matrix);
    }

    private static double Distance(float[] first, float[] second) => first.Zip(second, (a, b) => ((double)a - b) * (a - b)).Sum();
}
