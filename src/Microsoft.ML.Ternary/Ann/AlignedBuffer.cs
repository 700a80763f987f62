// Memory of an index: 64-byte aligned, never moved by the garbage collector and not limited to 2 GB. Vectors begin on cache
// lines, and the code that walks them can hold plain pointers.
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>A block of the process's own memory, freed with the object.</summary>
internal sealed unsafe class AlignedBuffer : MemoryBlock
{
    private readonly CacheLine[] _lines;

    public AlignedBuffer(long length, bool clear = false)
        : this(Allocate(length, clear), length)
    {
    }

    private AlignedBuffer(CacheLine[] lines, long length)
        : base(Start(lines), length) => _lines = lines;

    // One line more than asked for: the array's own start is aligned to 8 bytes only. An array of lines, not of bytes, because
    // an array's length is limited to 2^31 elements whatever their size.
    private static CacheLine[] Allocate(long length, bool clear)
    {
        long lines = (length + Alignment - 1) / Alignment + 1;
        if (lines > Array.MaxLength)
            throw new OutOfMemoryException($"An index cannot hold a block of {length} bytes; the limit is {Array.MaxLength * (long)Alignment}.");
        return clear
            ? GC.AllocateArray<CacheLine>((int)lines, pinned: true)
            : GC.AllocateUninitializedArray<CacheLine>((int)lines, pinned: true);
    }

    private static byte* Start(CacheLine[] lines)
    {
        nint start = (nint)Marshal.UnsafeAddrOfPinnedArrayElement(lines, 0);
        return (byte*)((start + Alignment - 1) & ~(nint)(Alignment - 1));
    }

    [StructLayout(LayoutKind.Sequential, Size = Alignment)]
    private readonly struct CacheLine;
}
