// Embeddings as ML.NET's trainers read them: one object a row, made once, because trainers pass over the rows many times.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>A row of features with its label.</summary>
internal sealed class FeatureRow
{
    // Below this share of components that are not 0 the trainers' sparse arithmetic is the faster.
    private const double SparseShare = 0.25;

    /// <summary>The embedding; sparse where most of it is 0, as hashed terms are.</summary>
    public VBuffer<float> Features;

    /// <summary>The class, from 0; ML.NET counts the keys that it makes of them from 1.</summary>
    public uint Label;

    /// <summary>Makes rows of embeddings.</summary>
    /// <param name="rows">Embeddings, row by row.</param>
    /// <param name="dimension">Components of a row.</param>
    /// <param name="labels">The class of each row, from 0; null where no one reads it.</param>
    public static FeatureRow[] Create(ReadOnlySpan<float> rows, int dimension, int[]? labels = null)
    {
        FeatureRow[] result = new FeatureRow[rows.Length / dimension];
        for (int i = 0; i < result.Length; i++)
            result[i] = new FeatureRow { Features = Buffer(rows.Slice(i * dimension, dimension)), Label = labels is null ? 0 : (uint)labels[i] };
        return result;
    }

    private static VBuffer<float> Buffer(ReadOnlySpan<float> row)
    {
        int count = row.Length - row.Count(0f);
        if (count > SparseShare * row.Length)
            return new VBuffer<float>(row.Length, row.ToArray());
        float[] values = new float[count];
        int[] indices = new int[count];
        for (int i = 0, next = 0; i < row.Length; i++)
        {
            if (row[i] != 0)
                (values[next], indices[next++]) = (row[i], i);
        }
        return new VBuffer<float>(row.Length, count, values, indices);
    }
}
