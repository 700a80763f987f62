// Makes stores of every codec: empty ones, ones filled from another store, and ones that lie in a file.
namespace Microsoft.ML.Ternary.Ann;

internal static class VectorStores
{
    /// <summary>Vectors in another codec.</summary>
    /// <param name="full">The vectors, as they are.</param>
    /// <param name="codec">The codec.</param>
    /// <param name="seed">Seed of the random rotation of those codecs that have one.</param>
    /// <param name="threads">Threads to encode on.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ArgumentException">A vector is out of the codec's range.</exception>
    public static VectorStore Encode(VectorStore full, VectorCodec codec, int seed, int threads, CancellationToken cancellation)
    {
        VectorStore store = Create(codec, full.Dimension, full.Metric, full, seed, full.Count);
        store.AppendAll(full, threads, cancellation);
        return store;
    }

    /// <summary>An empty store.</summary>
    /// <param name="codec">The codec.</param>
    /// <param name="dimension">Components of a vector.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="training">Vectors like those to come, in the same metric, or null. Their mean is what some codecs count from.</param>
    /// <param name="seed">Seed of the random rotation of those codecs that have one.</param>
    /// <param name="capacity">Vectors to have room for.</param>
    public static VectorStore Create(VectorCodec codec, int dimension, AnnMetric metric, VectorStore? training, int seed, int capacity) => codec switch
    {
        VectorCodec.Float32 => new Float32VectorStore(dimension, metric, capacity),
        VectorCodec.Float16 => new Float16VectorStore(dimension, metric, capacity),
        VectorCodec.Int8 => new QuantizedVectorStore<Int8Code>(dimension, metric, training, seed, capacity),
        VectorCodec.Ternary => new QuantizedVectorStore<TernaryCode>(dimension, metric, training, seed, capacity),
        VectorCodec.Binary => new QuantizedVectorStore<BinaryCode>(dimension, metric, training, seed, capacity),
        _ => throw Unknown(codec),
    };

    /// <summary>A store over rows that lie in memory or in a mapped file.</summary>
    /// <param name="codec">The codec.</param>
    /// <param name="dimension">Components of a vector.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="count">How many vectors there are.</param>
    /// <param name="rows">The rows, <see cref="RowBytes"/> each.</param>
    /// <param name="parameters">What <see cref="VectorStore.Parameters"/> gave when the store was saved.</param>
    /// <exception cref="InvalidDataException">The parameters are missing or not of this codec.</exception>
    public static VectorStore Restore(VectorCodec codec, int dimension, AnnMetric metric, int count, MemoryBlock rows, ReadOnlySpan<byte> parameters) => codec switch
    {
        VectorCodec.Float32 => new Float32VectorStore(dimension, metric, count, rows),
        VectorCodec.Float16 => new Float16VectorStore(dimension, metric, count, rows),
        VectorCodec.Int8 => new QuantizedVectorStore<Int8Code>(dimension, metric, count, rows, parameters),
        VectorCodec.Ternary => new QuantizedVectorStore<TernaryCode>(dimension, metric, count, rows, parameters),
        VectorCodec.Binary => new QuantizedVectorStore<BinaryCode>(dimension, metric, count, rows, parameters),
        _ => throw Unknown(codec),
    };

    /// <summary>Bytes that a vector takes.</summary>
    public static int RowBytes(VectorCodec codec, int dimension) => codec switch
    {
        VectorCodec.Float32 => Float32VectorStore.BytesPerRow(dimension),
        VectorCodec.Float16 => Float16VectorStore.BytesPerRow(dimension),
        VectorCodec.Int8 => QuantizedVectorStore<Int8Code>.BytesPerRow(dimension),
        VectorCodec.Ternary => QuantizedVectorStore<TernaryCode>.BytesPerRow(dimension),
        VectorCodec.Binary => QuantizedVectorStore<BinaryCode>.BytesPerRow(dimension),
        _ => throw Unknown(codec),
    };

    private static ArgumentOutOfRangeException Unknown(VectorCodec codec) => new(nameof(codec), codec, "There is no such codec.");
}
