// How the states of a sequence's tokens become one vector, in the words of sentence-transformers' 1_Pooling/config.json.
using System.Numerics;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Pooling modes; several may be set, and their vectors are then concatenated in this order.</summary>
[Flags]
public enum PoolingModes
{
    /// <summary>The state of the first token, [CLS].</summary>
    Cls = 1,

    /// <summary>The largest value of each component.</summary>
    Max = 2,

    /// <summary>The mean over all tokens.</summary>
    Mean = 4,

    /// <summary>The sum over all tokens divided by the square root of their number.</summary>
    MeanSqrtLength = 8,
}

internal static class PoolingModesExtensions
{
    /// <summary>The number of vectors that are concatenated.</summary>
    public static int Count(this PoolingModes modes) => BitOperations.PopCount((uint)modes);
}
