// An index opened from a file owes two things: before its first use its bytes must be checked and its structure read, once,
// however many threads come at the same time; and afterwards the file must stay mapped while anybody uses it.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>The file under an index that was opened and not yet, or already, used.</summary>
internal sealed class OpenedIndexFile(VectorIndexFileReader reader, MappedFile mapping, Action<VectorIndexFileReader> readStructure) : IDisposable
{
    private readonly Lock _lock = new();
    private volatile bool _isReady;
    private string? _failure;

    public VectorIndexFileReader Reader => reader;

    /// <summary>Whether the structure has been read.</summary>
    public bool IsReady => _isReady;

    /// <summary>Holds the file for a use of the index. The first use checks what searches need and reads the structure.</summary>
    /// <param name="index">Named if it has been disposed.</param>
    /// <exception cref="InvalidDataException">The file was altered; every use says so.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public IndexUse Enter(VectorIndex index)
    {
        IndexUse use = Hold(index);
        try
        {
            if (!_isReady)
                MakeReady();
            return use;
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    /// <summary>Holds the file, as it is.</summary>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public IndexUse Hold(VectorIndex index)
    {
        try
        {
            mapping.AddUser();
            return new IndexUse(mapping);
        }
        catch (ObjectDisposedException)
        {
            throw new ObjectDisposedException(index.GetType().FullName);
        }
    }

    /// <summary>Checks all of the file.</summary>
    /// <exception cref="InvalidDataException">A section was altered.</exception>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    public void Verify(VectorIndex index, CancellationToken cancellation)
    {
        using IndexUse use = Hold(index);
        try
        {
            reader.Verify(onlyUnchecked: false, cancellation);
        }
        catch (ObjectDisposedException)
        {
            throw new ObjectDisposedException(index.GetType().FullName);
        }
    }

    /// <summary>Checks what the first use has left out.</summary>
    public void VerifyUnchecked() => reader.Verify(onlyUnchecked: true, CancellationToken.None);

    public void Dispose() => mapping.Dispose();

    private void MakeReady()
    {
        lock (_lock)
        {
            if (_failure is not null)
                throw new InvalidDataException(_failure);
            if (_isReady)
                return;
            try
            {
                reader.CheckForFirstUse();
                readStructure(reader);
            }
            catch (InvalidDataException failure)
            {
                // Not found out again, at the cost of reading the file, by each search that is tried.
                _failure = failure.Message;
                throw;
            }
            _isReady = true;
        }
    }
}
