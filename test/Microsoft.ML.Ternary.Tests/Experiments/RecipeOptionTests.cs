using System.Globalization;
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Experiments;

namespace Microsoft.ML.Ternary.Tests.Experiments;

public class RecipeOptionTests
{
    [Fact]
    public void ARangeIsWalkedEvenlyAndALogarithmicOneByFactors()
    {
        Assert.Equal(0.75, RecipeOption.Uniform(0.5, 1).At(0.5), 1e-12);
        Assert.Equal(1e-3, RecipeOption.LogUniform(1e-4, 1e-2).At(0.5), 1e-12);
        Assert.Equal(1e-4, RecipeOption.LogUniform(1e-4, 1e-2).At(0));
    }

    [Fact]
    public void AChoiceGivesEachValueAnEqualPartAndOneNamedTwiceTwo()
    {
        RecipeOption<string> option = RecipeOption.Choice("a", "b", "b", "c");
        Assert.Equal(["a", "b", "b", "c"], new[] { 0, 0.25, 0.5, 0.99 }.Select(option.At));
        Assert.True(option.Contains("c"));
        Assert.False(option.Contains("d"));
    }

    [Fact]
    public void AValueIsAChoiceOfOne()
    {
        RecipeOption<int> option = 32;
        Assert.Equal(32, option.At(0.7));
        Assert.Equal("32", option.ToString());
    }

    [Fact]
    public void ListsAreTheSameWhereTheirItemsAre() =>
        Assert.True(RecipeOption.Choice<IReadOnlyList<string>>([], ["a", "b"]).Contains(new List<string> { "a", "b" }));

    [Fact]
    public void OptionsReadTheSameInEveryCulture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            commas.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = commas;
            Assert.Equal("0.0003 to 0.003, logarithmic", RecipeOption.LogUniform(3e-4, 3e-3).ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void BadRangesAndChoicesAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => RecipeOption.Uniform(1, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => RecipeOption.Uniform(double.NaN, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => RecipeOption.Uniform(0, double.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => RecipeOption.LogUniform(0, 1));
        Assert.Throws<ArgumentException>(() => RecipeOption.Choice<int>());
        Assert.Throws<ArgumentException>(() => RecipeOption.Choice("a", null!));
        Assert.Throws<ArgumentNullException>(() => RecipeOption.Choice<int>(null!));
    }

    [Property]
    public bool EveryPartOfEveryDimensionIsDrawnOnceInABlock(byte strata, int seed)
    {
        int n = 1 + strata % 40;
        LatinHypercube cube = new(n, 3, seed);
        return new[] { 0, 2 }.All(block => Enumerable.Range(0, 3).All(dimension =>
            Enumerable.Range(0, n).Select(i => (int)(cube.At(block * n + i)[dimension] * n)).Order().SequenceEqual(Enumerable.Range(0, n))));
    }

    [Property]
    public bool APointDependsOnSeedAndIndexAlone(int seed)
    {
        LatinHypercube first = new(5, 4, seed), second = new(5, 4, seed);
        double[] late = first.At(13);
        return second.At(2).SequenceEqual(first.At(2)) && second.At(13).SequenceEqual(late) && !late.SequenceEqual(first.At(12));
    }
}
