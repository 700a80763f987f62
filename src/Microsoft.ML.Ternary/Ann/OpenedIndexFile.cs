// An index that comes from a file owes two things: before its first use its bytes must be checked and its structure read, once,
// however many threads come at the same time; and afterwards the file must stay mapped while anybody uses it.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>The file under an index.</summary>
/// <param name="reader">The file, opened or read from a stream.</param>
/// <param name="options">The options the index was built with.</param>
/// <param name="read">Reads the structure, and checks all that searches trust in.</param>
internal sealed class OpenedIndexFile(
    VectorIndexFileReader reader, VectorIndexOptions options, Func<VectorIndexFileReader, VectorIndexOptions, IndexStructure> read)
{
    private readonly Lock _lock = new();
    private IndexStructure? _structure;
    private string? _failure;

    public VectorIndexFileReader Reader => reader;

    public VectorIndexOptions Options => options;

    /// <summary>The structure, read and checked at the first call.</summary>
    /// <exception cref="InvalidDataException">The file was altered; every call says so.</exception>
    public IndexStructure Structure()
    {
        lock (_lock)
        {
            // Not found out again, at the cost of reading the file, by each search that is tried.
            if (_failure is not null)
                throw new InvalidDataException(_failure);
            try
            {
                return _structure ??= read(reader, options);
            }
            catch (InvalidDataException failure)
            {
                _failure = failure.Message;
                throw;
            }
        }
    }

    /// <summary>Keeps the memory of a mapped file while the index is used.</summary>
    /// <param name="index">Named if it has been disposed.</param>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public IndexUse Hold(VectorIndex index)
    {
        try
        {
            reader.Mapping?.AddUser();
            return new IndexUse(reader.Mapping);
        }
        catch (ObjectDisposedException)
        {
            throw new ObjectDisposedException(index.GetType().FullName);
        }
    }

    /// <summary>Checks the file.</summary>
    /// <param name="index">Named if it has been disposed.</param>
    /// <param name="onlyUnchecked">Whether to leave out what the first use has checked.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="InvalidDataException">A section was altered.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public void Verify(VectorIndex index, bool onlyUnchecked, CancellationToken cancellation)
    {
        using IndexUse use = Hold(index);
        try
        {
            reader.Verify(onlyUnchecked, cancellation);
        }
        catch (ObjectDisposedException)
        {
            throw new ObjectDisposedException(index.GetType().FullName);
        }
    }

    /// <summary>Unmaps the file as soon as nobody uses it.</summary>
    public void Close() => reader.Mapping?.Dispose();
}
