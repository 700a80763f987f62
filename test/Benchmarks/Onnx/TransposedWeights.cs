// Our matrices are stored an output a row; ONNX's MatMul wants an output a column.
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Onnx;

/// <summary>Ternary matrices as ONNX's MatMul takes them: inputs x outputs.</summary>
internal static class TransposedWeights
{
    /// <summary>The codes.</summary>
    public static sbyte[] Codes(TernaryMatrix matrix)
    {
        sbyte[] codes = new sbyte[checked(matrix.Rows * matrix.Columns)];
        sbyte[] row = new sbyte[matrix.Columns];
        for (int n = 0; n < matrix.Rows; n++)
        {
            matrix.UnpackRow(n, row);
            for (int k = 0; k < row.Length; k++)
                codes[k * matrix.Rows + n] = row[k];
        }
        return codes;
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
