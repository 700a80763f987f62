// A file mapped into memory and handed out as Memory<byte>: whoever holds a piece keeps the mapping alive, and the mapping
// goes when the last piece does, so that nothing has to be disposed in the right order.
using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>A read-only mapping of a whole file.</summary>
internal sealed unsafe class MappedFile
{
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly long _length;

    public MappedFile(FileStream stream, long length)
    {
        using MemoryMappedFile map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _length = length;
        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _start = pointer + _view.PointerOffset;
    }

    // The view's own handle would stay acquired for ever without this.
    // Runs even where the constructor failed before there was a pointer.
    ~MappedFile()
    {
        if (_start != null)
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
    }

    public ReadOnlyMemory<byte> Slice(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, _length);
        return new Piece(this, offset, length).Memory;
    }

    private sealed class Piece(MappedFile file, long offset, int length) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new(file._start + offset, length);

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, length);
            return new MemoryHandle(file._start + offset + elementIndex, pinnable: this);
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
