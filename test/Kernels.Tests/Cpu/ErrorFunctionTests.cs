// The reference for Gelu is checked against published values (Abramowitz and Stegun, table 7.1).
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels.Tests.Cpu;

public class ErrorFunctionTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(1, 0.8427007929497149)]
    [InlineData(2, 0.9953222650189527)]
    [InlineData(2.5, 0.999593047982555)]
    [InlineData(3, 0.9999779095030014)]
    [InlineData(7, 1)]
    public void AgreesWithTables(double x, double expected)
    {
        Assert.Equal(expected, ErrorFunction.Erf(x), 1e-14);
        Assert.Equal(-expected, ErrorFunction.Erf(-x), 1e-14);
    }
}
