// GPTQ on one matrix (Frantar et al., "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers",
// arXiv 2210.17323): columns are rounded one after the other, and the columns to come make up for the error of each.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Evaluation.Baselines;

/// <summary>A matrix as it was rounded.</summary>
/// <param name="Values">The rounded weights, row-major.</param>
/// <param name="Codes">Their codes, counted from the zero point; value = code x scale of the group.</param>
/// <param name="RowScales">The scale of every row's last group: of the row, where groups are rows.</param>
internal sealed record RoundedMatrix(float[] Values, sbyte[] Codes, float[] RowScales);

/// <summary>Rounds one matrix, with or without regard to its inputs.</summary>
internal sealed class GptqMatrix
{
    private readonly GptqOptions _options;
    private readonly int _rows, _columns;
    private readonly int[] _order;
    private readonly double[] _weights;
    private readonly double[]? _upper;
    private readonly QuantizationGrid[] _grids;
    private readonly RoundedMatrix _result;

    private GptqMatrix(ReadOnlySpan<float> weights, int rows, double[]? hessian, GptqOptions options)
    {
        (_options, _rows, _columns) = (options, rows, weights.Length / rows);
        double[]? damped = hessian is null ? null : Damped(hessian, _columns, options.Damping);
        _order = [.. Enumerable.Range(0, _columns)];
        if (options.ActivationOrder && damped is not null)
            _order = [.. _order.OrderByDescending(column => damped[column * _columns + column])];
        _weights = Gather(weights, hessian);
        _upper = damped is null ? null : InverseCholesky.Upper(Reorder(damped), _columns);
        _grids = new QuantizationGrid[rows];
        _result = new RoundedMatrix(new float[weights.Length], new sbyte[weights.Length], new float[rows]);
    }

    /// <summary>Rounds weights.</summary>
    /// <param name="weights">The weights, row-major.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="hessian">The Hessian of a row, columns x columns; null to round to the nearest.</param>
    /// <param name="options">Valid options.</param>
    /// <exception cref="InvalidOperationException">The damped Hessian is not positive definite.</exception>
    public static RoundedMatrix Round(ReadOnlySpan<float> weights, int rows, double[]? hessian, GptqOptions options)
    {
        GptqMatrix matrix = new(weights, rows, hessian, options);
        for (int start = 0; start < matrix._columns; start += GptqOptions.BlockSize)
            matrix.RoundBlock(start, Math.Min(start + GptqOptions.BlockSize, matrix._columns));
        return matrix._result;
    }

    /// <summary>The squared error of the layer's outputs over the squared outputs: of d H d^T against w H w^T, summed over rows.</summary>
    public static double RelativeError(ReadOnlySpan<float> weights, ReadOnlySpan<float> rounded, double[] hessian, int rows)
    {
        int columns = weights.Length / rows;
        double[] row = new double[columns], difference = new double[columns];
        double error = 0, square = 0;
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                row[c] = weights[r * columns + c];
                difference[c] = row[c] - rounded[r * columns + c];
            }
            for (int c = 0; c < columns; c++)
            {
                ReadOnlySpan<double> line = hessian.AsSpan(c * columns, columns);
                error += difference[c] * TensorPrimitives.Dot(line, difference);
                square += row[c] * TensorPrimitives.Dot(line, row);
            }
        }
        return square == 0 ? 0 : error / square;
    }

    // An input that is never anything but zero says nothing of its weights, and the inverse needs something there.
    private static double[] Damped(double[] hessian, int columns, double damping)
    {
        double[] damped = [.. hessian];
        double mean = 0;
        for (int column = 0; column < columns; column++)
        {
            ref double own = ref damped[column * columns + column];
            if (own == 0)
                own = 1;
            mean += own / columns;
        }
        for (int column = 0; column < columns; column++)
            damped[column * columns + column] += damping * mean;
        return damped;
    }

    // In the order of rounding; weights of inputs that are always zero become zero.
    private double[] Gather(ReadOnlySpan<float> weights, double[]? hessian)
    {
        double[] gathered = new double[weights.Length];
        for (int position = 0; position < _columns; position++)
        {
            int column = _order[position];
            if (hessian is not null && hessian[column * _columns + column] == 0)
                continue;
            for (int row = 0; row < _rows; row++)
                gathered[row * _columns + position] = weights[row * _columns + column];
        }
        return gathered;
    }

    private double[] Reorder(double[] symmetric)
    {
        if (!_options.ActivationOrder)
            return symmetric;
        double[] reordered = new double[symmetric.Length];
        for (int i = 0; i < _columns; i++)
        {
            for (int j = 0; j < _columns; j++)
                reordered[i * _columns + j] = symmetric[_order[i] * _columns + _order[j]];
        }
        return reordered;
    }

    // The columns of the block at once, the columns after it when the block is done: their rows of U are read once a block.
    private void RoundBlock(int start, int end)
    {
        Span<double> errors = stackalloc double[GptqOptions.BlockSize];
        for (int row = 0; row < _rows; row++)
        {
            Span<double> weights = _weights.AsSpan(row * _columns, _columns);
            for (int column = start; column < end; column++)
            {
                double error = RoundOne(row, column, weights);
                if (_upper is null)
                    continue;
                errors[column - start] = error / _upper[column * _columns + column];
                Propagate(column, errors[column - start], weights, column + 1, end);
            }
            if (_upper is null)
                continue;
            for (int column = start; column < end; column++)
                Propagate(column, errors[column - start], weights, end, _columns);
        }
    }

    private double RoundOne(int row, int position, ReadOnlySpan<double> weights)
    {
        int groupSize = _options.GroupSize == GptqOptions.PerChannel ? _columns : _options.GroupSize;
        if (position % groupSize == 0)
            _grids[row] = QuantizationGrid.Find(weights[position..Math.Min(position + groupSize, _columns)], _options);
        QuantizationGrid grid = _grids[row];
        int code = grid.Code(weights[position]);
        int index = row * _columns + _order[position];
        _result.Codes[index] = (sbyte)code;
        _result.RowScales[row] = (float)grid.Scale;
        // As the packed form gives it back, so that both say the same.
        _result.Values[index] = code * (float)grid.Scale;
        return weights[position] - _result.Values[index];
    }

    private void Propagate(int column, double error, Span<double> weights, int from, int to)
    {
        ReadOnlySpan<double> line = _upper.AsSpan(column * _columns + from, to - from);
        Span<double> rest = weights[from..to];
        TensorPrimitives.MultiplyAdd(line, -error, rest, rest);
    }
}
