// Makes stores of every codec.
namespace Microsoft.ML.Ternary.Ann;

internal static class VectorStores
{
    /// <summary>Vectors in another codec.</summary>
    public static VectorStore Encode(VectorStore full, VectorCodec codec, int seed, int threads, CancellationToken cancellation) =>
        throw new NotSupportedException($"{codec}");
}
