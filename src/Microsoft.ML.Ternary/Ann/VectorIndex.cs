// The front of every index: checks what it is given, hands searches to the structure of its kind, lets one change happen at a time,
// saves and loads.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>An index of vectors that finds the nearest ones to a query.</summary>
/// <remarks>Vectors are known by their id: their number, from 0, in the order in which they were given. Ids never change and are never
/// used again. Searches from many threads at once are safe, also while vectors are added and deleted: a search finds a vector that is
/// being added or deleted at that moment or does not, and nothing else is disturbed. Results are sorted by distance, ascending, and
/// where distances are equal by id.
/// <para>An index that was opened from a file holds it until it is disposed or collected. Any other need not be disposed.</para></remarks>
public abstract unsafe class VectorIndex : IDisposable
{
    private readonly Lock _changing = new();
    private readonly OpenedIndexFile? _file;

    // Null from opening a file to the first use.
    private IndexStructure? _structure;
    private volatile bool _isDisposed;

    private protected VectorIndex(IndexStructure structure) => _structure = structure;

    private protected VectorIndex(OpenedIndexFile file)
    {
        _file = file;
        if (file.Reader.Mapping is null)
            _structure = file.Structure();
    }

    /// <summary>How the index is searched.</summary>
    public AnnIndexKind Kind => Unread?.Kind ?? Structure.Kind;

    /// <summary>The number of vectors that can be found: deleted ones do not count.</summary>
    public int Count
    {
        get
        {
            if (Unread is { } header)
                return header.Count - header.Deleted;
            IndexVectors vectors = Structure.Vectors;
            int deleted = vectors.Deleted.Count;
            return vectors.Count - deleted;
        }
    }

    /// <summary>The number of vectors that were deleted and still take memory, until <see cref="Compact"/>.</summary>
    public int DeletedCount => Unread?.Deleted ?? Structure.Vectors.Deleted.Count;

    /// <summary>The id that the next added vector gets: more than any id so far.</summary>
    public int NextId => Unread?.NextId ?? Structure.Vectors.Ids.Next;

    /// <summary>The number of components of a vector.</summary>
    public int Dimension => Unread?.Dimension ?? Structure.Vectors.Codes.Dimension;

    /// <summary>What near means.</summary>
    public AnnMetric Metric => Unread?.Metric ?? Structure.Vectors.Codes.Metric;

    /// <summary>How the vectors that searches compare are kept.</summary>
    public VectorCodec Codec => Unread?.Codec ?? Structure.Vectors.Codes.Codec;

    /// <summary>How the vectors kept for rescoring are kept, or null if there are none.</summary>
    public VectorCodec? RescoringCodec => Unread is { } header ? header.RescoringCodec : Structure.Vectors.Rescoring?.Codec;

    /// <summary>Bytes of memory that the index takes: codes, structure and what is kept for rescoring. Asking an index that was opened
    /// from a file for its bytes is a first use of it, as a search is.</summary>
    public long MemoryBytes => SearchBytes + RescoringBytes;

    /// <summary>Bytes of memory that finding candidates takes: codes and structure.</summary>
    public long SearchBytes
    {
        get
        {
            IndexStructure structure = Structure;
            IndexVectors vectors = structure.Vectors;
            return vectors.Codes.MemoryBytes + vectors.Ids.MemoryBytes + vectors.Deleted.MemoryBytes + structure.MemoryBytes;
        }
    }

    /// <summary>Bytes of the vectors kept for rescoring.</summary>
    public long RescoringBytes => Structure.Vectors.Rescoring?.MemoryBytes ?? 0;

    /// <summary>The file the index comes from, if it does.</summary>
    internal VectorIndexFileReader? File => _file?.Reader;

    /// <summary>What is searched. Its memory stays during a use: see <see cref="Enter"/>.</summary>
    internal IndexStructure Structure => Volatile.Read(ref _structure) ?? ReadStructure();

    /// <summary>What the index was built with.</summary>
    private protected VectorIndexOptions BuildOptions => Volatile.Read(ref _structure)?.Options ?? _file!.Options;

    // The header speaks for an index that has not been read yet.
    private VectorIndexFileHeader? Unread => Volatile.Read(ref _structure) is null ? _file!.Reader.Header : null;

    /// <summary>Finds the <paramref name="k"/> nearest vectors to one query, on the calling thread, without allocating once the
    /// first searches have run.</summary>
    /// <param name="query">The query, <see cref="Dimension"/> long.</param>
    /// <param name="k">How many to find, at least 1.</param>
    /// <param name="ids">Receives the ids of the nearest vectors; at least <paramref name="k"/> long. Where there are fewer than
    /// <paramref name="k"/>, the rest is -1.</param>
    /// <param name="distances">Receives their distances, ascending; at least <paramref name="k"/> long. The rest is positive
    /// infinity.</param>
    /// <param name="options">Options of this search, or null for the index's own.</param>
    /// <returns>How many were found: <paramref name="k"/>, or fewer if the index has fewer or a filter accepts fewer.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is less than 1, or an option is out of its range.</exception>
    /// <exception cref="ArgumentException">A length is wrong, the query holds NaN or infinity, or it is all zeros under cosine.</exception>
    /// <exception cref="InvalidDataException">The file that the index was opened from was altered: found at the first use.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public int Search(ReadOnlySpan<float> query, int k, Span<int> ids, Span<float> distances, SearchOptions? options = null)
    {
        options?.Validate();
        CheckLengths(query.Length, 1, k, ids, distances);
        CheckQuery(query, 0);
        using IndexUse use = Enter(out IndexStructure structure);
        SearchScratch scratch = structure.Rent(query);
        try
        {
            structure.Search(new ReadOnlySpan<SearchScratch>(in scratch), k, options);
            return scratch.Write(structure.Vectors, ids[..k], distances[..k]);
        }
        finally
        {
            structure.Return(scratch);
        }
    }

    /// <summary>Finds the <paramref name="k"/> nearest vectors to each of several queries, on several threads.</summary>
    /// <param name="queries">The queries, one after the other, each <see cref="Dimension"/> long.</param>
    /// <param name="k">How many to find for each query, at least 1.</param>
    /// <param name="ids">Receives <paramref name="k"/> ids a query, one query after the other; -1 where fewer are found.</param>
    /// <param name="distances">Receives their distances in the same order; positive infinity where fewer are found.</param>
    /// <param name="options">Options of this search, or null for the index's own and all cores.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is less than 1, or an option is out of its range.</exception>
    /// <exception cref="ArgumentException">A length is wrong, a query holds NaN or infinity, or one is all zeros under cosine.</exception>
    /// <exception cref="InvalidDataException">The file that the index was opened from was altered: found at the first use.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public void SearchBatch(
        ReadOnlySpan<float> queries, int k, Span<int> ids, Span<float> distances, SearchOptions? options = null, CancellationToken cancellation = default)
    {
        if (queries.Length % Dimension != 0)
            throw new ArgumentException($"The {queries.Length} components given are not a whole number of queries: the index has dimension {Dimension}.", nameof(queries));
        int count = queries.Length / Dimension;
        options?.Validate();
        CheckLengths(Dimension, count, k, ids, distances);
        for (int i = 0; i < count; i++)
            CheckQuery(queries.Slice(i * Dimension, Dimension), i);
        using IndexUse use = Enter(out IndexStructure structure);
        fixed (float* queryStart = queries, distanceStart = distances)
        fixed (int* idStart = ids)
            new BatchSearch(structure, queryStart, count, k, idStart, distanceStart, options).Run(cancellation);
    }

    /// <summary>Adds vectors. Searches may run meanwhile; other changes wait.</summary>
    /// <param name="vectors">The components, a whole number of vectors; copied.</param>
    /// <param name="progress">Hears how many vectors are done, now and then.</param>
    /// <param name="cancellation">Stops the addition; none of the vectors is then found.</param>
    /// <returns>The id of the first; the others have the ids that follow.</returns>
    /// <exception cref="ArgumentException">A length is wrong, or a vector cannot be indexed; nothing was added.</exception>
    /// <exception cref="OperationCanceledException">The addition was cancelled.</exception>
    public int Add(ReadOnlySpan<float> vectors, IProgress<IndexBuildProgress>? progress = null, CancellationToken cancellation = default)
    {
        lock (_changing)
        {
            using IndexUse use = Enter(out IndexStructure structure);
            VectorStoreFactory.CheckVectors(vectors, Dimension, structure.Vectors);
            cancellation.ThrowIfCancellationRequested();
            int first = structure.Vectors.Count, id = structure.Vectors.Ids.Next;
            structure.Reserve(vectors.Length / Dimension);
            structure.Vectors.Append(vectors);
            try
            {
                structure.Insert(first, progress, cancellation);
                cancellation.ThrowIfCancellationRequested();
            }
            catch
            {
                for (int slot = first; slot < structure.Vectors.Count; slot++)
                    structure.Vectors.Deleted.Add(slot);
                throw;
            }
            return id;
        }
    }

    /// <summary>Deletes a vector: it is not found from now on. Its memory is given back by <see cref="Compact"/>.</summary>
    /// <returns>False if no vector has this id, or it was deleted before.</returns>
    public bool Delete(int id)
    {
        lock (_changing)
        {
            using IndexUse use = Enter(out IndexStructure structure);
            int slot = structure.Vectors.Ids.Slot(id);
            return slot >= 0 && structure.Vectors.Deleted.Add(slot);
        }
    }

    /// <summary>Gives back the memory of deleted vectors. All others keep their ids. Searches run meanwhile, on the old state; other
    /// changes wait. An HNSW graph is built anew, which takes the time that building takes; the vectors added to an IVF or LSH index
    /// are put among the others, which makes them as fast to search.</summary>
    /// <param name="progress">Hears how many vectors are done, now and then.</param>
    /// <param name="cancellation">Stops it; the index is then as it was.</param>
    /// <exception cref="InvalidOperationException">All vectors are deleted: an index has at least one.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Compact(IProgress<IndexBuildProgress>? progress = null, CancellationToken cancellation = default)
    {
        lock (_changing)
        {
            using IndexUse use = Enter(out IndexStructure structure);
            if (!structure.CanCompact)
                return;
            int[] live = structure.Vectors.LiveSlots();
            if (live.Length == 0)
                throw new InvalidOperationException("All vectors of the index are deleted, and an index has at least one: add vectors before Compact, or build a new index.");
            cancellation.ThrowIfCancellationRequested();
            IndexStructure compacted = structure.Compacted(live, progress, cancellation);
            cancellation.ThrowIfCancellationRequested();
            Volatile.Write(ref _structure, compacted);
        }
    }

    /// <summary>Whether a vector has this id and is not deleted.</summary>
    public bool Contains(int id)
    {
        using IndexUse use = Enter(out IndexStructure structure);
        IndexVectors vectors = structure.Vectors;
        int slot = vectors.Ids.Slot(id);
        return slot >= 0 && slot < vectors.Count && !vectors.Deleted.Contains(slot);
    }

    /// <summary>Copies a stored vector, in the most exact form the index keeps. Under <see cref="AnnMetric.Cosine"/> it comes scaled to
    /// norm 1.</summary>
    /// <param name="id">The vector's id.</param>
    /// <param name="destination">Receives it; at least <see cref="Dimension"/> long.</param>
    /// <exception cref="ArgumentOutOfRangeException">No vector has this id.</exception>
    public void CopyVector(int id, Span<float> destination)
    {
        using IndexUse use = Enter(out IndexStructure structure);
        IndexVectors vectors = structure.Vectors;
        int slot = vectors.Ids.Slot(id);
        if (slot < 0 || slot >= vectors.Count)
            throw new ArgumentOutOfRangeException(nameof(id), id, "No vector of the index has this id.");
        if (destination.Length < Dimension)
            throw new ArgumentException($"The destination has room for {destination.Length} components, the vectors have {Dimension}.", nameof(destination));
        vectors.Finest.CopyVector(slot, destination[..Dimension]);
    }

    /// <summary>Saves the index to a file, which appears whole or not at all: an older file stays until the new one is complete.
    /// Searches may run meanwhile; changes wait.</summary>
    /// <remarks>The file that an index was opened from can be replaced while the index is in use, which goes on with the old one;
    /// Windows refuses that with an error until the index is disposed.</remarks>
    /// <exception cref="IOException">The file cannot be written, for instance because the disk is full.</exception>
    /// <exception cref="InvalidDataException">The file that the index was opened from was altered.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public void Save(string path)
    {
        lock (_changing)
            VectorIndexFile.Save(this, path);
    }

    /// <summary>Saves the index to a stream, from its current position on.</summary>
    /// <exception cref="InvalidDataException">The file that the index was opened from was altered.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public void Save(Stream stream) => Save(stream, _ => { });

    /// <summary>As <see cref="Save(Stream)"/>, with sections of the caller's own.</summary>
    internal void Save(Stream stream, Action<VectorIndexFileWriter> addSections)
    {
        ArgumentNullException.ThrowIfNull(stream);
        lock (_changing)
        {
            VectorIndexFileWriter file = new(this);
            addSections(file);
            file.Write(stream);
        }
    }

    /// <summary>Opens an index of any kind in milliseconds, whatever its size: the file is mapped into memory, of which only what is
    /// used becomes resident. Changes to the index stay in memory.</summary>
    /// <remarks>The header is checked here, codes and structure before the first use, and everything, the vectors kept for rescoring
    /// among it, by <see cref="Verify"/>. The
    /// file must not be written to in place while it is open; replacing it, as <see cref="Save(string)"/> does, is fine.</remarks>
    /// <param name="path">The file.</param>
    /// <param name="threads">Threads that later additions and <see cref="Compact"/> take, as <see cref="VectorIndexOptions.Threads"/>.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not an index, is truncated or altered, or is of another version.</exception>
    public static VectorIndex Load(string path, int threads = 1) => VectorIndexFile.Load(path, threads);

    /// <summary>Loads an index of any kind into memory from a stream, which may be a part of a longer one.</summary>
    /// <param name="stream">The stream, at the beginning of the index.</param>
    /// <param name="threads">Threads that later additions and <see cref="Compact"/> take, as <see cref="VectorIndexOptions.Threads"/>.</param>
    /// <exception cref="InvalidDataException">The stream holds no index, is truncated or altered, or is of another version.</exception>
    public static VectorIndex Load(Stream stream, int threads = 1) => VectorIndexFile.Load(stream, threads);

    /// <summary>Reads the whole file that the index was opened from and checks every part of it; an index that was built, or loaded
    /// from a stream, which is checked as it is read, has nothing to check.</summary>
    /// <remarks>Takes as long as reading the file. Searches may run meanwhile.</remarks>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="InvalidDataException">A section, which the error names, was altered.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public void Verify(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _file?.Verify(this, onlyUnchecked: false, cancellation);
    }

    /// <summary>Releases the file that the index was opened from, as soon as the searches that are running have ended. The index
    /// cannot be used any more.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _file?.Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>Begins a use of the index: until it ends, the memory of the structure stays. The first use of a file that was opened
    /// checks it.</summary>
    internal IndexUse Enter(out IndexStructure structure)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        IndexUse use = _file?.Hold(this) ?? default;
        try
        {
            structure = Structure;
            return use;
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    /// <summary>As <see cref="Enter"/>, with everything checked: nothing damaged is saved with a checksum that is right.</summary>
    internal IndexUse EnterToSave(out IndexStructure structure)
    {
        IndexUse use = Enter(out structure);
        try
        {
            _file?.Verify(this, onlyUnchecked: true, CancellationToken.None);
            return use;
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    internal static string Describe(VectorProblem problem) => problem switch
    {
        VectorProblem.Zero => "is all zeros, which has no direction under the cosine metric: leave it out, or use L2 or inner product",
        VectorProblem.OutOfRange => "is out of the codec's range: float16 holds components up to 65504 in magnitude, int8, ternary and binary vectors of norm up to 10^18; use float32 or int8, or scale the vectors down",
        _ => "holds NaN or infinity: replace or leave out such vectors",
    };

    private protected static TOptions Validated<TOptions>(TOptions? options) where TOptions : VectorIndexOptions, new()
    {
        options ??= new TOptions();
        options.Validate();
        return options;
    }

    private IndexStructure ReadStructure()
    {
        using IndexUse use = _file!.Hold(this);
        IndexStructure read = _file.Structure();
        return Interlocked.CompareExchange(ref _structure, read, null) ?? read;
    }

    private void CheckLengths(int queryLength, int queries, int k, Span<int> ids, Span<float> distances)
    {
        if (queryLength != Dimension)
            throw new ArgumentException($"The query has {queryLength} components, the index has dimension {Dimension}.", "query");
        if (k < 1)
            throw new ArgumentOutOfRangeException(nameof(k), k, "k must be at least 1.");
        if (ids.Length < (long)queries * k || distances.Length < (long)queries * k)
            throw new ArgumentException($"There must be room for {(long)queries * k} neighbours; ids has {ids.Length}, distances {distances.Length}.", nameof(ids));
    }

    private void CheckQuery(ReadOnlySpan<float> query, int number)
    {
        VectorProblem problem = VectorStore.Check(query, Metric);
        if (problem != VectorProblem.None)
            throw new ArgumentException($"Query {number} {Describe(problem)}.", nameof(query));
    }
}
