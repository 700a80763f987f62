// TorchSharp turns every number in an expression into a Scalar, an object with a finaliser, and hands libtorch its pointer without keeping the
// object alive. A collection at that moment frees what libtorch is reading ("Unknown scalar type", now and then, after minutes). The operators
// here do the same with scalars that outlive the call.
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

internal static class KeptScalars
{
    private static readonly Scalar One = 1f, MinusOne = -1f;

    /// <summary>a + b.</summary>
    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);

    /// <summary>a - b.</summary>
    public static Tensor Minus(this Tensor a, Tensor b) => a.add(b, MinusOne);

    /// <summary>a + number.</summary>
    public static Tensor Plus(this Tensor a, double number)
    {
        Scalar kept = (float)number;
        Tensor sum = a.add(kept, One);
        GC.KeepAlive(kept);
        return sum;
    }

    /// <summary>a x number.</summary>
    public static Tensor Times(this Tensor a, double number)
    {
        Scalar kept = (float)number;
        Tensor product = a.mul(kept);
        GC.KeepAlive(kept);
        return product;
    }

    /// <summary>The larger of a and a number, component by component.</summary>
    public static Tensor AtLeast(this Tensor a, double number)
    {
        Scalar kept = (float)number;
        Tensor result = a.clamp_min(kept);
        GC.KeepAlive(kept);
        return result;
    }
}
