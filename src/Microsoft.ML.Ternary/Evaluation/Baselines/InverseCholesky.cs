// The upper triangular U with U^T U = H^-1, whose rows say how the error of one column is made up for by the columns after it.
using System.Globalization;
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Evaluation.Baselines;

/// <summary>Factors the inverse of a symmetric positive definite matrix.</summary>
/// <remarks>With J the reversal of the order and J H J = L L^T (Cholesky), H^-1 = (J L^-1 J)^T (J L^-1 J), and J L^-1 J is upper
/// triangular: the inverse itself is never formed.</remarks>
internal static class InverseCholesky
{
    /// <summary>U, row-major.</summary>
    /// <exception cref="InvalidOperationException">The matrix is not positive definite.</exception>
    public static double[] Upper(ReadOnlySpan<double> matrix, int size)
    {
        double[] factor = new double[matrix.Length];
        for (int i = 0; i < matrix.Length; i++)
            factor[i] = matrix[matrix.Length - 1 - i];
        Factor(factor, size);
        double[] upper = Invert(factor, size);
        Array.Reverse(upper);
        return upper;
    }

    // The lower triangle becomes L, row by row; what is above it is left as it was and never read.
    private static void Factor(double[] matrix, int size)
    {
        for (int i = 0; i < size; i++)
        {
            Span<double> row = matrix.AsSpan(i * size, size);
            for (int j = 0; j <= i; j++)
            {
                ReadOnlySpan<double> other = matrix.AsSpan(j * size, size);
                double rest = row[j] - TensorPrimitives.Dot(row[..j], other[..j]);
                if (j < i)
                    row[j] = rest / other[j];
                else if (rest > 0)
                    row[i] = Math.Sqrt(rest);
                else
                    throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The Hessian is not positive definite (pivot {size - i} of {size} is {rest:G3}): the calibration texts leave directions unseen. Raise Damping, or calibrate on more texts."));
            }
        }
    }

    // Row i of L^-1 is (e_i - the sum of L[i, j] times row j of it) / L[i, i].
    private static double[] Invert(double[] lower, int size)
    {
        double[] inverse = new double[lower.Length];
        for (int i = 0; i < size; i++)
        {
            Span<double> row = inverse.AsSpan(i * size, size);
            for (int j = 0; j < i; j++)
                TensorPrimitives.MultiplyAdd(inverse.AsSpan(j * size, j + 1), -lower[i * size + j], row[..(j + 1)], row[..(j + 1)]);
            row[i] = 1;
            TensorPrimitives.Divide(row[..(i + 1)], lower[i * size + i], row[..(i + 1)]);
        }
        return inverse;
    }
}
