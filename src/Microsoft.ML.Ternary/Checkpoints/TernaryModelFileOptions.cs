// What a model file stores in how many bits.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>How token embeddings are stored.</summary>
public enum TokenEmbeddingFormat
{
    /// <summary>Float32: exact.</summary>
    Float32,

    /// <summary>Float16: exact where the checkpoint was float16.</summary>
    Float16,

    /// <summary>Int8 with a float32 scale per row.</summary>
    Int8,

    /// <summary>Int4 with a float16 scale for every 32 values of a row.</summary>
    Int4,

    /// <summary>Three bits with a float16 scale for every 32 values of a row.</summary>
    Int3,
}

/// <summary>How a <see cref="TernaryModelFile"/> stores a model.</summary>
public sealed record TernaryModelFileOptions
{
    /// <summary>
    /// The form of the token embeddings; null stores a table that is in fewer bits already as it is, and one in float32 as
    /// <see cref="TokenEmbeddingFormat.Int8"/>.
    /// </summary>
    public TokenEmbeddingFormat? TokenEmbeddings { get; init; }

    /// <summary>Whether layers left in full precision and dense modules are stored in float16, as position embeddings are.</summary>
    /// <remarks>What float16 holds exactly is stored in it in any case, here and elsewhere.</remarks>
    public bool HalfPrecisionLayers { get; init; } = true;

    /// <summary>Whether biases, norms and the scales of ternary layers are stored in float16.</summary>
    /// <remarks>
    /// Off: it saves less than a hundredth of a file, and every activation after a rounded value may fall to the other side of an int8
    /// step. On all-MiniLM-L6-v2 rounded per row the embeddings then agree with the unrounded ones to a mean cosine of .997; they
    /// are as near to the teacher as before.
    /// </remarks>
    public bool HalfPrecisionVectors { get; init; }

    /// <summary>Stores every number exactly as the model holds it.</summary>
    public static TernaryModelFileOptions Exact { get; } = new() { KeepAll = true };

    internal bool KeepAll { get; private init; }
}
