// What a distance adds up, component by component: a query's component a, in float32, and a row's b, as its format loads it.
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>What is summed over the components.</summary>
internal interface IDistanceTerm
{
    static abstract Vector512<float> Add(Vector512<float> a, Vector512<float> b, Vector512<float> sum);
    static abstract Vector256<float> Add(Vector256<float> a, Vector256<float> b, Vector256<float> sum);
    static abstract Vector128<float> Add(Vector128<float> a, Vector128<float> b, Vector128<float> sum);
    static abstract float Add(float a, float b, float sum);
}

/// <summary>sum + a b.</summary>
internal readonly struct ProductTerm : IDistanceTerm
{
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b, Vector512<float> sum) => Vector512.MultiplyAddEstimate(a, b, sum);
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b, Vector256<float> sum) => Vector256.MultiplyAddEstimate(a, b, sum);
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b, Vector128<float> sum) => Vector128.MultiplyAddEstimate(a, b, sum);
    public static float Add(float a, float b, float sum) => sum + a * b;
}

/// <summary>sum + (a - b)².</summary>
internal readonly struct SquaredDifferenceTerm : IDistanceTerm
{
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b, Vector512<float> sum)
    {
        Vector512<float> difference = a - b;
        return Vector512.MultiplyAddEstimate(difference, difference, sum);
    }

    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b, Vector256<float> sum)
    {
        Vector256<float> difference = a - b;
        return Vector256.MultiplyAddEstimate(difference, difference, sum);
    }

    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b, Vector128<float> sum)
    {
        Vector128<float> difference = a - b;
        return Vector128.MultiplyAddEstimate(difference, difference, sum);
    }

    public static float Add(float a, float b, float sum) => sum + (a - b) * (a - b);
}

/// <summary>sum + (2^112 b - a)²: for rows of halves, whose components load as 2^-112 of their values. The product with a power of
/// two is exact, so fused or not it is the same number.</summary>
internal readonly struct HalfSquaredDifferenceTerm : IDistanceTerm
{
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b, Vector512<float> sum)
    {
        Vector512<float> difference = Vector512.MultiplyAddEstimate(b, Vector512.Create(Float16Rows.Scale), -a);
        return Vector512.MultiplyAddEstimate(difference, difference, sum);
    }

    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b, Vector256<float> sum)
    {
        Vector256<float> difference = Vector256.MultiplyAddEstimate(b, Vector256.Create(Float16Rows.Scale), -a);
        return Vector256.MultiplyAddEstimate(difference, difference, sum);
    }

    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b, Vector128<float> sum)
    {
        Vector128<float> difference = Vector128.MultiplyAddEstimate(b, Vector128.Create(Float16Rows.Scale), -a);
        return Vector128.MultiplyAddEstimate(difference, difference, sum);
    }

    public static float Add(float a, float b, float sum) => SquaredDifferenceTerm.Add(b * Float16Rows.Scale, a, sum);
}
