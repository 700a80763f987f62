// Int8 activations as training sees them: what the packed kernels will round is rounded here the same way.
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.Ternary.Distillation;

internal static class Int8Rounding
{
    private const float SmallestScale = 1e-30f;

    /// <summary>max|x| / 127 over the last dimension, kept; without gradient.</summary>
    public static Tensor Scales(Tensor x)
    {
        using var guard = no_grad();
        using Tensor magnitude = x.abs();
        return magnitude.amax([-1], keepdim: true).Times(1.0 / 127).AtLeast(SmallestScale);
    }

    /// <summary>scale x round(x / scale) - x, half to even; without gradient.</summary>
    public static Tensor Offset(Tensor x)
    {
        using var guard = no_grad();
        if (x.device_type == DeviceType.CPU && x.is_contiguous() && x.dtype == ScalarType.Float32)
            return OffsetOnCpu(x);
        using Tensor scales = Scales(x);
        return (x / scales).round_().mul_(scales).Minus(x);
    }

    // One pass instead of six: training spends its time in matrix products, not here.
    private static Tensor OffsetOnCpu(Tensor x)
    {
        Tensor result = empty_like(x);
        int columns = checked((int)x.shape[^1]);
        ReadOnlySpan<float> source = MemoryMarshal.Cast<byte, float>(x.bytes);
        Span<float> destination = MemoryMarshal.Cast<byte, float>(result.bytes);
        for (int start = 0; start < source.Length; start += columns)
            OffsetRow(source.Slice(start, columns), destination.Slice(start, columns));
        return result;
    }

    private static void OffsetRow(ReadOnlySpan<float> x, Span<float> offset)
    {
        float scale = Math.Max(Math.Abs(TensorPrimitives.MaxMagnitude(x)) / 127, SmallestScale);
        float inverse = 1 / scale;
        int i = 0;
        for (; i <= x.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var value = new Vector<float>(x[i..]);
            (Vector.Round(value * inverse) * scale - value).CopyTo(offset[i..]);
        }
        for (; i < x.Length; i++)
            offset[i] = MathF.Round(x[i] * inverse) * scale - x[i];
    }
}
