// Our matrices are stored an output a row; ONNX's MatMul wants an output a column.
using System.Numerics.Tensors;
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Onnx;

/// <summary>Ternary matrices as ONNX's MatMul takes them: inputs x outputs.</summary>
internal static class TransposedWeights
{
    // Two products of an activation up to 255 and such a code still fit the 16 bits of processors without VNNI.
    private const int LargestInt8 = 63;

    /// <summary>The one scale of the matrix in int8, as ONNX Runtime's quantiser makes it by default.</summary>
    /// <remarks>A scale a row would hold our weights exactly, but costs ONNX Runtime up to a tenth of its speed on small batches
    /// (MiniLM-L6 1x16 on Zen 5: .64 ms against .70 ms).</remarks>
    public static float Int8Scale(TernaryMatrix matrix) =>
        matrix.Scales.Length == 1 ? matrix.Scale(0) : TensorPrimitives.MaxMagnitude(matrix.Scales.Span) * matrix.LargestCode / LargestInt8;

    /// <summary>Code x scale in int8: value / <see cref="Int8Scale"/>, to the nearest.</summary>
    public static sbyte[] Int8(TernaryMatrix matrix)
    {
        float scale = Int8Scale(matrix);
        sbyte[] values = new sbyte[checked(matrix.Rows * matrix.Columns)];
        sbyte[] row = new sbyte[matrix.Columns];
        for (int n = 0; n < matrix.Rows; n++)
        {
            matrix.UnpackRow(n, row);
            float one = matrix.Scale(n) / scale;
            for (int k = 0; k < row.Length; k++)
                values[k * matrix.Rows + n] = (sbyte)MathF.Round(one * row[k]);
        }
        return values;
    }

    /// <summary>Code x scale.</summary>
    public static float[] Values(TernaryMatrix matrix)
    {
        float[] values = new float[checked(matrix.Rows * matrix.Columns)];
        sbyte[] row = new sbyte[matrix.Columns];
        for (int n = 0; n < matrix.Rows; n++)
        {
            matrix.UnpackRow(n, row);
            float scale = matrix.Scale(n);
            for (int k = 0; k < row.Length; k++)
                values[k * matrix.Rows + n] = row[k] * scale;
        }
        return values;
    }
}
