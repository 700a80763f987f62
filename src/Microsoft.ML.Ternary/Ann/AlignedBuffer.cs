// Memory of an index: 64-byte aligned, never moved by the garbage collector and not limited to 2 GB. Vectors begin on cache
// lines, and the code that walks them can hold plain pointers.
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>A fixed block of memory, aligned to 64 bytes, freed with the object.</summary>
/// <remarks>Whoever holds <see cref="Pointer"/> must keep the buffer reachable while using it.</remarks>
internal sealed unsafe class AlignedBuffer
{
    /// <summary>Alignment and unit of size, in bytes: a cache line.</summary>
    public const int Alignment = 64;

    // One line more than asked for: the array's own start is aligned to 8 bytes only. An array of lines, not of bytes, because
    // an array's length is limited to 2^31 elements whatever their size.
    private readonly CacheLine[] _lines;

    public AlignedBuffer(long length, bool clear = false)
    {
        long lines = (length + Alignment - 1) / Alignment + 1;
        if (lines > Array.MaxLength)
            throw new OutOfMemoryException($"An index cannot hold a block of {length} bytes; the limit is {Array.MaxLength * (long)Alignment}.");
        _lines = clear
            ? GC.AllocateArray<CacheLine>((int)lines, pinned: true)
            : GC.AllocateUninitializedArray<CacheLine>((int)lines, pinned: true);
        nint start = (nint)Marshal.UnsafeAddrOfPinnedArrayElement(_lines, 0);
        Pointer = (byte*)((start + Alignment - 1) & ~(nint)(Alignment - 1));
        Length = length;
    }

    /// <summary>The first byte.</summary>
    public byte* Pointer { get; }

    /// <summary>Usable bytes.</summary>
    public long Length { get; }

    /// <summary>A copy of another length: cut off, or with what is new undefined.</summary>
    public AlignedBuffer Resize(long length)
    {
        AlignedBuffer resized = new(length);
        Buffer.MemoryCopy(Pointer, resized.Pointer, length, Math.Min(length, Length));
        return resized;
    }

    [StructLayout(LayoutKind.Sequential, Size = Alignment)]
    private readonly struct CacheLine;
}
