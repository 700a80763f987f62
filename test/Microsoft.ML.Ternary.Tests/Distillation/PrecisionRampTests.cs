using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Tests.Distillation;

public class PrecisionRampTests
{
    [Theory]
    [InlineData(0, 0f)]
    [InlineData(10, 0.25f)]
    [InlineData(39, 0.975f)]
    [InlineData(40, 1f)]
    [InlineData(99, 1f)]
    public void TheShareRisesLinearlyToOne(int step, float expected) =>
        Assert.Equal(expected, PrecisionRamp.TernaryShare(TernaryRecipe.Default with { PrecisionRamp = 0.4 }, step, 100), 1e-6f);

    [Fact]
    public void WithoutARampWeightsAreTernaryFromTheFirstStep() => Assert.Equal(1, PrecisionRamp.TernaryShare(TernaryRecipe.Default, 0, 100));
}
