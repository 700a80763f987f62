// How a few neighbouring values become small whole numbers with one float16 scale: one rule for the tables that store them and for
// the training that simulates those tables.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Rounds groups of values to two's-complement codes of a few bits, value = code x scale.</summary>
internal sealed class GroupRounding
{
    /// <summary>Values that share a scale.</summary>
    public const int GroupSize = 32;

    private readonly int _smallest, _largest;

    /// <param name="bits">Bits of a code, 2 to 8; codes run from -2^(bits - 1) to 2^(bits - 1) - 1.</param>
    public GroupRounding(int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 8);
        (_smallest, _largest) = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1);
    }

    /// <summary>Groups in a row of so many values.</summary>
    public static int Groups(int columns) => (columns + GroupSize - 1) / GroupSize;

    /// <summary>The code of a value, half to even.</summary>
    public int Code(float value, float scale) =>
        scale == 0 ? 0 : (int)Math.Clamp(MathF.Round(value / scale), _smallest, _largest);

    /// <summary>The scale of least squared error among a few.</summary>
    /// <remarks>The smallest code has no positive twin, so the value of largest magnitude may take it with a scale of the opposite
    /// sign; and a scale that clips that value a little may serve the others better. Both are tried.</remarks>
    public Half BestScale(ReadOnlySpan<float> values)
    {
        float extreme = 0;
        foreach (float value in values)
            if (MathF.Abs(value) > MathF.Abs(extreme))
                extreme = value;
        Half best = (Half)0f;
        double least = double.PositiveInfinity;
        for (float divisor = _largest; divisor <= _largest + 2; divisor += 0.25f)
        {
            foreach (Half scale in (ReadOnlySpan<Half>)[(Half)(extreme / divisor), (Half)(-extreme / divisor)])
            {
                double error = SquaredError(values, (float)scale);
                if (error >= least)
                    continue;
                least = error;
                best = scale;
            }
        }
        return best;
    }

    /// <summary>Writes what a stored row gives back: every group rounded with its best scale.</summary>
    public void Round(ReadOnlySpan<float> row, Span<float> destination, int groupSize = GroupSize)
    {
        for (int start = 0; start < row.Length; start += groupSize)
        {
            ReadOnlySpan<float> group = row.Slice(start, Math.Min(groupSize, row.Length - start));
            float scale = (float)BestScale(group);
            for (int i = 0; i < group.Length; i++)
                destination[start + i] = Code(group[i], scale) * scale;
        }
    }

    private double SquaredError(ReadOnlySpan<float> values, float scale)
    {
        double sum = 0;
        foreach (float value in values)
        {
            double difference = value - Code(value, scale) * scale;
            sum += difference * difference;
        }
        return sum;
    }
}
