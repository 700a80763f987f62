// The parameters of an LSH index, under the names that the field uses for them.
using System.Numerics;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>Options for building an LSH index.</summary>
public sealed record LshOptions : VectorIndexOptions
{
    private const int MostBits = 24;

    /// <summary>Hash tables, each with hyperplanes of its own. More find more of the true neighbours and take more memory: 4 bytes a
    /// vector each. Default 8.</summary>
    public int Tables { get; init; } = 8;

    /// <summary>Bits of a hash, a hyperplane each, at most 24. 0, the default, is 2 less than the logarithm to base 2 of the number of
    /// vectors: four vectors a bucket.</summary>
    public int Bits { get; init; }

    /// <summary>Buckets that a search looks into when it does not say otherwise, as a mean over the tables: the query's own, and those
    /// that would be its own if it lay a little elsewhere. Default 64.</summary>
    public int Probes { get; init; } = 64;

    internal override void Validate()
    {
        base.Validate();
        RequireRange(Tables, 1, 256, nameof(Tables));
        RequireRange(Bits, 0, MostBits, nameof(Bits));
        RequireRange(Probes, 1, 1 << 20, nameof(Probes));
    }

    /// <summary>Bits of a hash for a number of vectors.</summary>
    internal int BitsFor(int vectors) => Bits > 0 ? Bits : Math.Clamp(BitOperations.Log2((uint)vectors) - 2, 1, MostBits);

    /// <summary>Bits of a hash that number its bucket. Beyond two buckets a vector, buckets that differ in further bits only are one:
    /// most would be empty, and would take memory.</summary>
    internal int BucketBitsFor(int vectors) => Math.Min(BitsFor(vectors), BitOperations.Log2((uint)vectors) + 1);
}
