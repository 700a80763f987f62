// The forms in which an index can keep vectors. The values are written to files: they are never renumbered.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>How vectors are kept.</summary>
public enum VectorCodec
{
    /// <summary>As they are: 4 bytes a component.</summary>
    Float32 = 1,

    /// <summary>IEEE half precision: 2 bytes a component.</summary>
    Float16 = 2,

    /// <summary>Rotated at random and rounded to 8 bits: 1 byte a component and 8 bytes.</summary>
    Int8 = 3,

    /// <summary>Rotated at random and rounded to -1, 0, +1: 2 bits a component and 8 bytes.</summary>
    Ternary = 4,

    /// <summary>Rotated at random and rounded to -1, +1: 1 bit a component and 8 bytes.</summary>
    Binary = 5,
}
