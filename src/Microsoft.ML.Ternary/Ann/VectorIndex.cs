// The front of every index: checks what it is given, lends scratch to searches, spreads batches over threads, saves and loads.
// Subclasses say how the nearest vectors are found; VectorStore says how vectors are kept.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>An index of vectors that finds the nearest ones to a query.</summary>
/// <remarks>Vectors are known by their number, from 0, in the order in which they were given. An index does not change once it is
/// built; searches from many threads at once are safe. Results are sorted by distance, ascending, and where distances are equal by
/// id. An index that was opened from a file holds it until it is disposed or collected; any other index need not be disposed.</remarks>
public abstract unsafe class VectorIndex : IDisposable
{
    private readonly Stack<SearchScratch> _idle = new();
    private OpenedIndexFile? _file;
    private volatile bool _isDisposed;

    private protected VectorIndex(VectorStore store) => Store = store;

    /// <summary>How the index is searched.</summary>
    public abstract AnnIndexKind Kind { get; }

    /// <summary>The number of vectors.</summary>
    public int Count => Store.Count;

    /// <summary>The number of components of a vector.</summary>
    public int Dimension => Store.Dimension;

    /// <summary>What near means.</summary>
    public AnnMetric Metric => Store.Metric;

    /// <summary>Bytes of memory that the index takes: vectors and structure.</summary>
    public virtual long MemoryBytes => (long)Count * Store.RowBytes;

    internal VectorStore Store { get; }

    /// <summary>The file the index was opened from, if it was.</summary>
    internal VectorIndexFileReader? File => _file?.Reader;

    /// <summary>Distances a search asks for at once, at most.</summary>
    private protected virtual int BatchSize => 64;

    /// <summary>Queries of a batch that one thread takes at a time.</summary>
    private protected virtual int QueriesAtOnce => 1;

    /// <summary>Nodes a search keeps account of having seen.</summary>
    private protected virtual int VisitedSize => 0;

    /// <summary>Finds the <paramref name="k"/> nearest vectors to one query, on the calling thread, without allocating once the
    /// first searches have run.</summary>
    /// <param name="query">The query, <see cref="Dimension"/> long.</param>
    /// <param name="k">How many to find, from 1 to <see cref="Count"/>.</param>
    /// <param name="ids">Receives the numbers of the nearest vectors; at least <paramref name="k"/> long.</param>
    /// <param name="distances">Receives their distances, ascending; at least <paramref name="k"/> long.</param>
    /// <param name="options">Options of this search, or null for the index's own.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is not from 1 to <see cref="Count"/>.</exception>
    /// <exception cref="ArgumentException">A length is wrong, the query holds NaN or infinity, or it is all zeros under cosine.</exception>
    /// <exception cref="InvalidDataException">The file that the index was opened from was altered: found at the first use.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public void Search(ReadOnlySpan<float> query, int k, Span<int> ids, Span<float> distances, SearchOptions? options = null)
    {
        CheckLengths(query.Length, 1, k, ids, distances);
        using IndexUse use = Enter();
        SearchScratch scratch = Rent();
        try
        {
            CheckQuery(query, 0);
            Store.PrepareQuery(query, scratch.Query);
            Find(new ReadOnlySpan<SearchScratch>(in scratch), k, options);
            Write(scratch.Found.Span, ids, distances);
        }
        finally
        {
            Return(scratch);
        }
    }

    /// <summary>Finds the <paramref name="k"/> nearest vectors to each of several queries, on several threads.</summary>
    /// <param name="queries">The queries, one after the other, each <see cref="Dimension"/> long.</param>
    /// <param name="k">How many to find for each query, from 1 to <see cref="Count"/>.</param>
    /// <param name="ids">Receives <paramref name="k"/> numbers a query, one query after the other.</param>
    /// <param name="distances">Receives their distances in the same order.</param>
    /// <param name="options">Options of this search, or null for the index's own and all cores.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is not from 1 to <see cref="Count"/>.</exception>
    /// <exception cref="ArgumentException">A length is wrong, a query holds NaN or infinity, or one is all zeros under cosine.</exception>
    /// <exception cref="InvalidDataException">The file that the index was opened from was altered: found at the first use.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public void SearchBatch(
        ReadOnlySpan<float> queries, int k, Span<int> ids, Span<float> distances, SearchOptions? options = null, CancellationToken cancellation = default)
    {
        if (queries.Length % Dimension != 0)
            throw new ArgumentException($"The {queries.Length} components given are not a whole number of queries: the index has dimension {Dimension}.", nameof(queries));
        int count = queries.Length / Dimension;
        CheckLengths(Dimension, count, k, ids, distances);
        for (int i = 0; i < count; i++)
            CheckQuery(queries.Slice(i * Dimension, Dimension), i);
        using IndexUse use = Enter();
        fixed (float* queryStart = queries, distanceStart = distances)
        fixed (int* idStart = ids)
        {
            BatchSearch batch = new(queryStart, count, k, idStart, distanceStart);
            RunBatch(batch, options, cancellation);
        }
    }

    /// <summary>Copies a stored vector. Under <see cref="AnnMetric.Cosine"/> it comes scaled to norm 1.</summary>
    /// <param name="id">The vector's number.</param>
    /// <param name="destination">Receives it; at least <see cref="Dimension"/> long.</param>
    public void CopyVector(int id, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, Count);
        if (destination.Length < Dimension)
            throw new ArgumentException($"The destination has room for {destination.Length} components, the vectors have {Dimension}.", nameof(destination));
        using IndexUse use = Enter();
        Store.CopyVector(id, destination[..Dimension]);
        GC.KeepAlive(this);
    }

    /// <summary>Saves the index to a file, which appears whole or not at all: an older file stays until the new one is complete.</summary>
    /// <remarks>The file that an index was opened from can be replaced while the index is in use, which goes on with the old one;
    /// Windows refuses that with an error until the index is disposed.</remarks>
    /// <exception cref="IOException">The file cannot be written, for instance because the disk is full.</exception>
    /// <exception cref="InvalidDataException">The file that the index was opened from was altered.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public void Save(string path) => VectorIndexFile.Save(this, path);

    /// <summary>Saves the index to a stream, from its current position on.</summary>
    /// <exception cref="InvalidDataException">The file that the index was opened from was altered.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public void Save(Stream stream) => VectorIndexFile.Save(this, stream);

    /// <summary>Opens an index of any kind in milliseconds, whatever its size: the file is mapped into memory, of which only what is
    /// used becomes resident.</summary>
    /// <remarks>The header is checked here, what searches need before the first search, and everything by <see cref="Verify"/>. The
    /// file must not be written to in place while it is open; replacing it, as <see cref="Save(string)"/> does, is fine.</remarks>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not an index, is truncated or altered, or is of another version.</exception>
    public static VectorIndex Load(string path) => VectorIndexFile.Load(path);

    /// <summary>Loads an index of any kind into memory from a stream, which may be a part of a longer one.</summary>
    /// <exception cref="InvalidDataException">The stream holds no index, is truncated or altered, or is of another version.</exception>
    public static VectorIndex Load(Stream stream) => VectorIndexFile.Load(stream);

    /// <summary>Reads the whole file that the index was opened from and checks every part of it; an index that was built, or loaded
    /// from a stream, which is checked as it is read, has nothing to check.</summary>
    /// <remarks>Takes as long as reading the file. Searches may run meanwhile.</remarks>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="InvalidDataException">A section, which the error names, was altered.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public void Verify(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _file?.Verify(this, cancellation);
    }

    /// <summary>Releases the file that the index was opened from, as soon as the searches that are running have ended. The index
    /// cannot be used any more.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _file?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes the structure from a file: now if it was read into memory, at the first use if it is mapped.</summary>
    internal void ReadFrom(VectorIndexFileReader file)
    {
        if (file.Mapping is null)
            ReadStructure(file);
        else
            _file = new OpenedIndexFile(file, file.Mapping, ReadStructure);
    }

    /// <summary>Begins a use of the index: until it ends, its memory stays. The first use of an opened file checks it.</summary>
    internal IndexUse Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _file?.Enter(this) ?? default;
    }

    /// <summary>As <see cref="Enter"/>, with everything checked: nothing damaged is saved with a checksum that is right.</summary>
    internal IndexUse EnterToSave()
    {
        IndexUse use = Enter();
        try
        {
            _file?.VerifyUnchecked();
            return use;
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    /// <summary>What a file's header says of this index.</summary>
    internal VectorIndexFileHeader FileHeader() => new()
    {
        Kind = Kind,
        Codec = Store.Codec,
        Metric = Metric,
        Dimension = Dimension,
        Count = Store.Count,
        NextId = Store.Count,
    };

    /// <summary>What a kind of index reads from its file before it can be searched, checking all that searches trust.</summary>
    private protected virtual void ReadStructure(VectorIndexFileReader file)
    {
    }

    /// <summary>Finds the k nearest to the prepared query of each search, one or several, and leaves them in its
    /// <see cref="SearchScratch.Found"/>.</summary>
    private protected abstract void Find(ReadOnlySpan<SearchScratch> searches, int k, SearchOptions? options);

    /// <summary>What a kind of index adds to the file: its own sections.</summary>
    internal abstract void AddSections(VectorIndexFileWriter file);

    /// <summary>Compares with every vector.</summary>
    private protected void Scan(ReadOnlySpan<SearchScratch> searches, int k)
    {
        foreach (SearchScratch scratch in searches)
            scratch.Nearest.Reset(k);
        for (int first = 0; first < Count; first += BatchSize)
        {
            foreach (SearchScratch scratch in searches)
                ScanBlock(scratch, first, Math.Min(BatchSize, Count - first));
        }
        foreach (SearchScratch scratch in searches)
            scratch.Found = scratch.Nearest.Sorted();
    }

    private void ScanBlock(SearchScratch scratch, int first, int count)
    {
        Store.DistancesInOrder(scratch.Query, first, count, scratch.Distances);
        for (int i = 0; i < count; i++)
            scratch.Nearest.Add(NeighborKey.Create(scratch.Distances[i], first + i));
    }

    private protected SearchScratch Rent()
    {
        lock (_idle)
        {
            if (_idle.TryPop(out SearchScratch? scratch))
                return scratch;
        }
        return new SearchScratch(Store.QueryBytes, VisitedSize, BatchSize);
    }

    private protected void Return(SearchScratch scratch)
    {
        lock (_idle)
            _idle.Push(scratch);
    }

    private void RunBatch(BatchSearch batch, SearchOptions? options, CancellationToken cancellation)
    {
        int threads = options?.Threads is > 0 and int given ? given : Environment.ProcessorCount;
        int next = -1;
        int groups = (batch.Count + QueriesAtOnce - 1) / QueriesAtOnce;
        void Work()
        {
            SearchScratch[] scratches = new SearchScratch[QueriesAtOnce];
            for (int i = 0; i < scratches.Length; i++)
                scratches[i] = Rent();
            for (int group = Interlocked.Increment(ref next); group < groups && !cancellation.IsCancellationRequested; group = Interlocked.Increment(ref next))
                SearchGroup(batch, group * QueriesAtOnce, scratches, options);
            foreach (SearchScratch scratch in scratches)
                Return(scratch);
        }
        threads = Math.Min(threads, groups);
        if (threads <= 1)
            Work();
        else
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => Work());
        cancellation.ThrowIfCancellationRequested();
    }

    private void SearchGroup(BatchSearch batch, int first, SearchScratch[] scratches, SearchOptions? options)
    {
        int count = Math.Min(scratches.Length, batch.Count - first);
        for (int i = 0; i < count; i++)
            Store.PrepareQuery(new ReadOnlySpan<float>(batch.Queries + (long)(first + i) * Dimension, Dimension), scratches[i].Query);
        Find(scratches.AsSpan(0, count), batch.K, options);
        for (int i = 0; i < count; i++)
        {
            long start = (long)(first + i) * batch.K;
            Write(scratches[i].Found.Span, new Span<int>(batch.Ids + start, batch.K), new Span<float>(batch.Distances + start, batch.K));
        }
    }

    private void CheckLengths(int queryLength, int queries, int k, Span<int> ids, Span<float> distances)
    {
        if (queryLength != Dimension)
            throw new ArgumentException($"The query has {queryLength} components, the index has dimension {Dimension}.", "query");
        if (k < 1 || k > Count)
            throw new ArgumentOutOfRangeException(nameof(k), k, $"k must be between 1 and the {Count} vectors of the index.");
        if (ids.Length < (long)queries * k || distances.Length < (long)queries * k)
            throw new ArgumentException($"There must be room for {(long)queries * k} neighbours; ids has {ids.Length}, distances {distances.Length}.", nameof(ids));
    }

    private void CheckQuery(ReadOnlySpan<float> query, int number)
    {
        VectorProblem problem = VectorStore.Check(query, Metric);
        if (problem != VectorProblem.None)
            throw new ArgumentException($"Query {number} {Describe(problem)}.", nameof(query));
    }

    internal static string Describe(VectorProblem problem) => problem == VectorProblem.Zero
        ? "is all zeros, which has no direction under the cosine metric: leave it out, or use L2 or inner product"
        : "holds NaN or infinity: replace or leave out such vectors";

    private void Write(ReadOnlySpan<ulong> keys, Span<int> ids, Span<float> distances)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            ids[i] = NeighborKey.Id(keys[i]);
            distances[i] = Store.Reported(NeighborKey.Distance(keys[i]));
        }
    }

    // Pointers, because the threads of a batch cannot capture spans; the caller pins what they point to.
    private readonly struct BatchSearch(float* queries, int count, int k, int* ids, float* distances)
    {
        public float* Queries { get; } = queries;

        public int Count { get; } = count;

        public int K { get; } = k;

        public int* Ids { get; } = ids;

        public float* Distances { get; } = distances;
    }
}
