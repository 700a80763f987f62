// A file in memory without being read: an index of any size opens at once, and only what searches touch takes memory. The mapping
// is for reading alone, which the system grants however large the file is; what changes an index copies a block first.
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>A whole file mapped into memory, until it is disposed or unreachable and nobody uses it.</summary>
/// <remarks>The file must not be written to in place meanwhile; replacing it by renaming another over it is fine where the system
/// allows it (not on Windows), and the mapping goes on showing the old one.</remarks>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly SafeMemoryMappedViewHandle _view;

    /// <summary>Maps a file that is not empty.</summary>
    /// <param name="file">The file, open for reading; it belongs to this object from now on.</param>
    /// <exception cref="IOException">The system refuses the mapping.</exception>
    public MappedFile(SafeFileHandle file)
    {
        _file = file;
        Length = RandomAccess.GetLength(file);
        using (MemoryMappedFile map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true))
            _view = map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read).SafeMemoryMappedViewHandle;

        // Not held with AcquirePointer: that reference would keep the finaliser of the handle from unmapping.
        Pointer = (byte*)_view.DangerousGetHandle();
    }

    /// <summary>The first byte.</summary>
    public byte* Pointer { get; }

    public long Length { get; }

    /// <summary>Keeps the file mapped until <see cref="RemoveUser"/>, also when it is disposed meanwhile.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed before.</exception>
    public void AddUser()
    {
        bool added = false;
        _view.DangerousAddRef(ref added);
    }

    /// <summary>Ends what <see cref="AddUser"/> began.</summary>
    public void RemoveUser() => _view.DangerousRelease();

    /// <summary>Reads what is in the file without making pages of it resident.</summary>
    /// <returns>How many bytes were read: fewer than asked for at the file's end only.</returns>
    public int Read(long offset, Span<byte> destination)
    {
        int read = 0;
        while (read < destination.Length && RandomAccess.Read(_file, destination[read..], offset + read) is > 0 and int count)
            read += count;
        return read;
    }

    /// <summary>Unmaps the file as soon as nobody uses it, and closes it.</summary>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
