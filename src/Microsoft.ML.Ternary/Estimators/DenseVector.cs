// ML.NET's vectors may be sparse; indexes want all components.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary;

internal static class DenseVector
{
    /// <summary>The components of a vector: where they lie if it is dense, else copied to <paramref name="scratch"/>.</summary>
    public static ReadOnlySpan<float> Read(in VBuffer<float> vector, ref float[] scratch)
    {
        if (vector.IsDense)
            return vector.GetValues();
        if (scratch.Length != vector.Length)
            scratch = new float[vector.Length];
        vector.CopyTo(scratch);
        return scratch;
    }
}
