// Stores as tests use them: one distance, one vector, without pointers.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann.Codecs;

internal static unsafe class StoreTesting
{
    /// <summary>All codecs under all metrics.</summary>
    public static TheoryData<VectorCodec, AnnMetric> All =>
        new(from codec in Enum.GetValues<VectorCodec>() from metric in Enum.GetValues<AnnMetric>() select (codec, metric));

    /// <summary>A store of vectors that lie one after the other.</summary>
    public static VectorStore Create(VectorCodec codec, AnnMetric metric, float[] vectors, int dimension, int seed = 7) =>
        VectorStores.Encode(VectorStoreFactory.Create(vectors, dimension, metric), codec, seed, 1, TestContext.Current.CancellationToken);

    /// <summary>The distance that searches compare from a query to a stored vector.</summary>
    public static float Distance(this VectorStore store, float[] query, int id)
    {
        AlignedBuffer prepared = new(store.QueryBytes);
        store.PrepareQuery(query, prepared.Pointer);
        float distance;
        store.Distances(prepared.Pointer, &id, 1, &distance);
        GC.KeepAlive(prepared);
        return distance;
    }

    /// <summary>The distances from a query to all stored vectors.</summary>
    public static float[] Distances(this VectorStore store, float[] query)
    {
        AlignedBuffer prepared = new(store.QueryBytes);
        store.PrepareQuery(query, prepared.Pointer);
        float[] distances = new float[store.Count];
        fixed (float* start = distances)
            store.DistancesInOrder(prepared.Pointer, 0, store.Count, start);
        GC.KeepAlive(prepared);
        return distances;
    }

    /// <summary>Some slots in a row with their distances from a query.</summary>
    public static IEnumerable<(int Id, float Distance)> Distances(this VectorStore store, float[] query, int first, int count)
    {
        AlignedBuffer prepared = new(store.QueryBytes);
        store.PrepareQuery(query, prepared.Pointer);
        float[] distances = new float[count];
        fixed (float* start = distances)
            store.DistancesInOrder(prepared.Pointer, first, count, start);
        GC.KeepAlive(prepared);
        return distances.Select((distance, i) => (first + i, distance));
    }

    /// <summary>The distances from one stored vector to all.</summary>
    public static float[] DistancesFrom(this VectorStore store, int id)
    {
        AlignedBuffer scratch = new(store.QueryBytes);
        byte* prepared = store.StoredAsQuery(id, scratch.Pointer);
        float[] distances = new float[store.Count];
        fixed (float* start = distances)
            store.DistancesInOrder(prepared, 0, store.Count, start);
        GC.KeepAlive(scratch);
        return distances;
    }

    /// <summary>A stored vector, decoded.</summary>
    public static float[] Vector(this VectorStore store, int id)
    {
        float[] vector = new float[store.Dimension];
        store.CopyVector(id, vector);
        return vector;
    }

    /// <summary>The store's bytes.</summary>
    public static byte[] RowsCopy(this VectorStore store) =>
        new ReadOnlySpan<byte>(store.Rows, checked(store.Count * store.RowBytes)).ToArray();
}
