// Comparisons of vectors that say by how much and where they fail.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Tests.Encoders;

internal static class VectorAssert
{
    public static void Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance, string what = "")
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            // Negated, so that NaN fails too.
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance))
                Assert.Fail($"{what} component {i}: expected {expected[i]}, got {actual[i]}");
        }
    }

    public static void Similar(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float cosine, string what = "")
    {
        float found = TensorPrimitives.CosineSimilarity(expected, actual);
        if (!(found >= cosine))
            Assert.Fail($"{what} cosine {found}, expected at least {cosine}");
    }
}
