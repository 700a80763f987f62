// What lies between bfloat16 products and float32 activations, each in one pass over memory.
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>Passes over rows; bfloat16 values are held as the upper halves of float32 ones.</summary>
internal static class BFloat16Passes
{
    private const float SmallestScale = 1e-30f;

    /// <summary>Rounds each row to int8 codes, half to even, with scale max|x| / 127.</summary>
    /// <param name="values">Rows of <paramref name="columns"/> values.</param>
    /// <param name="columns">Values of a row.</param>
    /// <param name="codes">Receives the codes.</param>
    /// <param name="scales">Receives a scale a row.</param>
    public static void Quantize(ReadOnlySpan<float> values, int columns, Span<ushort> codes, Span<float> scales)
    {
        for (int row = 0; row < scales.Length; row++)
        {
            ReadOnlySpan<float> source = values.Slice(row * columns, columns);
            Span<ushort> destination = codes.Slice(row * columns, columns);
            float scale = Math.Max(Math.Abs(TensorPrimitives.MaxMagnitude(source)) / 127, SmallestScale);
            float inverse = 1 / scale;
            scales[row] = scale;
            int i = 0;
            for (; i <= columns - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
            {
                Vector512<float> low = Vector512.Round(Vector512.Create<float>(source[i..]) * inverse);
                Vector512<float> high = Vector512.Round(Vector512.Create<float>(source[(i + Vector512<float>.Count)..]) * inverse);
                Narrow(low, high).CopyTo(destination[i..]);
            }
            for (; i < columns; i++)
                destination[i] = Narrow(MathF.Round(source[i] * inverse));
        }
    }

    /// <summary>destination = product x row's scale x column's scale + bias.</summary>
    public static void Scale(
        ReadOnlySpan<ushort> product, ReadOnlySpan<float> rowScales, ReadOnlySpan<float> columnScales, ReadOnlySpan<float> bias, Span<float> destination)
    {
        int columns = columnScales.Length;
        for (int row = 0; row < rowScales.Length; row++)
        {
            ReadOnlySpan<ushort> source = product.Slice(row * columns, columns);
            Span<float> target = destination.Slice(row * columns, columns);
            var rowScale = Vector512.Create(rowScales[row]);
            int i = 0;
            for (; i <= columns - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
            {
                (Vector512<float> low, Vector512<float> high) = Widen(Vector512.Create(source[i..]));
                int j = i + Vector512<float>.Count;
                Vector512.FusedMultiplyAdd(low * rowScale, Vector512.Create(columnScales[i..]), Vector512.Create(bias[i..])).CopyTo(target[i..]);
                Vector512.FusedMultiplyAdd(high * rowScale, Vector512.Create(columnScales[j..]), Vector512.Create(bias[j..])).CopyTo(target[j..]);
            }
            for (; i < columns; i++)
                target[i] = MathF.FusedMultiplyAdd(Widen(source[i]) * rowScales[row], columnScales[i], bias[i]);
        }
    }

    /// <summary>The gradient of a product's output, times the column's scale and times the row's, and its sum over rows, which is the bias's.</summary>
    public static void ScaleGradient(
        ReadOnlySpan<float> gradient, ReadOnlySpan<float> rowScales, ReadOnlySpan<float> columnScales,
        Span<ushort> byColumn, Span<ushort> byRow, Span<float> sum)
    {
        int columns = columnScales.Length;
        for (int row = 0; row < rowScales.Length; row++)
        {
            ReadOnlySpan<float> source = gradient.Slice(row * columns, columns);
            Span<ushort> columnTarget = byColumn.Slice(row * columns, columns), rowTarget = byRow.Slice(row * columns, columns);
            var rowScale = Vector512.Create(rowScales[row]);
            int i = 0;
            for (; i <= columns - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
            {
                int j = i + Vector512<float>.Count;
                Vector512<float> low = Vector512.Create(source[i..]), high = Vector512.Create(source[j..]);
                Narrow(low * Vector512.Create(columnScales[i..]), high * Vector512.Create(columnScales[j..])).CopyTo(columnTarget[i..]);
                Narrow(low * rowScale, high * rowScale).CopyTo(rowTarget[i..]);
                (Vector512.Create<float>(sum[i..]) + low).CopyTo(sum[i..]);
                (Vector512.Create<float>(sum[j..]) + high).CopyTo(sum[j..]);
            }
            for (; i < columns; i++)
            {
                (columnTarget[i], rowTarget[i]) = (Narrow(source[i] * columnScales[i]), Narrow(source[i] * rowScales[row]));
                sum[i] += source[i];
            }
        }
    }

    /// <summary>destination = product + bias.</summary>
    public static void AddBias(ReadOnlySpan<ushort> product, ReadOnlySpan<float> bias, Span<float> destination)
    {
        for (int start = 0; start < product.Length; start += bias.Length)
        {
            ReadOnlySpan<ushort> source = product.Slice(start, bias.Length);
            Span<float> target = destination.Slice(start, bias.Length);
            int i = 0;
            for (; i <= source.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
            {
                (Vector512<float> low, Vector512<float> high) = Widen(Vector512.Create(source[i..]));
                int j = i + Vector512<float>.Count;
                (low + Vector512.Create(bias[i..])).CopyTo(target[i..]);
                (high + Vector512.Create(bias[j..])).CopyTo(target[j..]);
            }
            for (; i < source.Length; i++)
                target[i] = Widen(source[i]) + bias[i];
        }
    }

    /// <summary>The nearest bfloat16, half to even; finite values only.</summary>
    public static ushort Narrow(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>A bfloat16's value.</summary>
    public static float Widen(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    private static Vector512<ushort> Narrow(Vector512<float> low, Vector512<float> high) => Vector512.Narrow(Upper(low), Upper(high));

    private static Vector512<uint> Upper(Vector512<float> value)
    {
        Vector512<uint> bits = value.AsUInt32();
        return (bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One)) >> 16;
    }

    private static (Vector512<float> Low, Vector512<float> High) Widen(Vector512<ushort> values)
    {
        (Vector512<uint> low, Vector512<uint> high) = Vector512.Widen(values);
        return ((low << 16).AsSingle(), (high << 16).AsSingle());
    }
}
