// The front of tuning: takes in vectors and queries and hands over to a session.
using System.Diagnostics;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>Finds the fastest index, codec and parameters that reach a recall target on one's own vectors.</summary>
/// <remarks>
/// <para>Some vectors are taken out to be the queries, unless queries are given, and their true neighbours are found exactly. Each
/// candidate (a kind of index with its parameters and the form of its vectors) is built once; the parameters of searches are doubled
/// until the target is reached and bisected back to the least that does. All candidates are tried on a sample; the better half goes on
/// to a larger one, and the best three to all vectors. Float32 in a flat index, which is exact, is always among them.</para>
/// <para>The target counts as reached where recall less one standard error reaches it, so that other queries of the same kind fall
/// short only now and then, and then by little. Speed is measured on one thread, in turns, and holds for the machine: tune where you
/// will search, when it is not busy. The same seed gives the same samples, indexes and recalls; which candidates go on to larger
/// samples depends on measured speeds, and what a time limit leaves out on time.</para>
/// <example><code><![CDATA[
/// AnnTuningResult result = AnnIndexTuner.Tune(vectors, dimension, new AnnTuningOptions { RecallTarget = 0.98, Metric = AnnMetric.L2 });
/// result.Print(Console.Out);
/// VectorIndex index = result.Build(vectors);
/// ]]></code></example>
/// </remarks>
public static class AnnIndexTuner
{
    /// <summary>Tunes for vectors that lie one after the other, some of which become the queries.</summary>
    /// <param name="vectors">The components, a whole number of vectors; copied.</param>
    /// <param name="dimension">Components of a vector.</param>
    /// <param name="options">What to reach and how long to look, or null for the defaults.</param>
    /// <param name="progress">Hears what is being tried, on the thread that tries it.</param>
    /// <param name="cancellation">Stops tuning.</param>
    /// <exception cref="ArgumentException">There are too few vectors, a length is wrong, a vector or query holds NaN or infinity or is
    /// all zeros under cosine, or an option is wrong.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">No candidate fits in the memory allowed.</exception>
    /// <exception cref="OperationCanceledException">Tuning was cancelled.</exception>
    public static AnnTuningResult Tune(
        ReadOnlySpan<float> vectors,
        int dimension,
        AnnTuningOptions? options = null,
        IProgress<AnnTuningProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options = Validated(options);
        Stopwatch clock = Stopwatch.StartNew();
        return Tune(TuningData.HoldOut(VectorStoreFactory.Create(vectors, dimension, options.Metric), options), options, clock, progress, cancellation);
    }

    /// <summary>Tunes for vectors and queries that lie one after the other.</summary>
    /// <param name="vectors">The components, a whole number of vectors; copied.</param>
    /// <param name="dimension">Components of a vector and of a query.</param>
    /// <param name="queries">The components of the queries, a whole number of them; copied. They should not be among the vectors.</param>
    /// <param name="options">What to reach and how long to look, or null for the defaults.</param>
    /// <param name="progress">Hears what is being tried, on the thread that tries it.</param>
    /// <param name="cancellation">Stops tuning.</param>
    /// <inheritdoc cref="Tune(ReadOnlySpan{float}, int, AnnTuningOptions?, IProgress{AnnTuningProgress}?, CancellationToken)" path="/exception"/>
    public static AnnTuningResult Tune(
        ReadOnlySpan<float> vectors,
        int dimension,
        ReadOnlySpan<float> queries,
        AnnTuningOptions? options = null,
        IProgress<AnnTuningProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options = Validated(options);
        Stopwatch clock = Stopwatch.StartNew();
        return Tune(TuningData.Given(VectorStoreFactory.Create(vectors, dimension, options.Metric), queries, options), options, clock, progress, cancellation);
    }

    /// <summary>Tunes for vectors that come one by one.</summary>
    /// <param name="vectors">The vectors, all of one length.</param>
    /// <param name="queries">The queries, of the same length, or null to take some of the vectors out.</param>
    /// <param name="options">What to reach and how long to look, or null for the defaults.</param>
    /// <param name="progress">Hears what is being tried, on the thread that tries it.</param>
    /// <param name="cancellation">Stops tuning.</param>
    /// <inheritdoc cref="Tune(ReadOnlySpan{float}, int, AnnTuningOptions?, IProgress{AnnTuningProgress}?, CancellationToken)" path="/exception"/>
    public static AnnTuningResult Tune(
        IEnumerable<float[]> vectors,
        IEnumerable<float[]>? queries = null,
        AnnTuningOptions? options = null,
        IProgress<AnnTuningProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options = Validated(options);
        Stopwatch clock = Stopwatch.StartNew();
        VectorStore store = VectorStoreFactory.Create(vectors, options.Metric, cancellation);
        TuningData data = queries is null
            ? TuningData.HoldOut(store, options)
            : TuningData.Given(store, Concatenated(queries, store.Dimension), options);
        return Tune(data, options, clock, progress, cancellation);
    }

    /// <summary>Tunes for vectors that an index could be built of.</summary>
    internal static AnnTuningResult Tune(
        VectorStore vectors, AnnTuningOptions options, IProgress<AnnTuningProgress>? progress, CancellationToken cancellation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        return Tune(TuningData.HoldOut(vectors, options), options, clock, progress, cancellation);
    }

    private static AnnTuningResult Tune(
        TuningData data, AnnTuningOptions options, Stopwatch clock, IProgress<AnnTuningProgress>? progress, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return new TuningSession(data, options, clock, progress, cancellation).Run();
    }

    private static AnnTuningOptions Validated(AnnTuningOptions? options)
    {
        options ??= new AnnTuningOptions();
        options.Validate();
        return options;
    }

    private static float[] Concatenated(IEnumerable<float[]> queries, int dimension)
    {
        List<float> components = [];
        foreach (float[] query in queries)
        {
            if (query.Length != dimension)
                throw new ArgumentException($"Query {components.Count / dimension} has {query.Length} components, the vectors have {dimension}.", nameof(queries));
            components.AddRange(query);
        }
        return [.. components];
    }
}
