// The memory of an index comes from two places: the process's own, while it is built or after it was read from a stream, and a
// mapped file, whose pages the system reads when they are touched and drops when it needs room. What works on it sees a pointer.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>A fixed block of memory that begins on a multiple of 64 bytes. Only <see cref="AlignedBuffer"/> may be written to.</summary>
/// <remarks>Whoever holds <see cref="Pointer"/> must keep the block reachable while using it.</remarks>
internal abstract unsafe class MemoryBlock(byte* pointer, long length)
{
    /// <summary>Alignment and unit of size, in bytes: a cache line.</summary>
    public const int Alignment = 64;

    /// <summary>The first byte.</summary>
    public byte* Pointer { get; } = pointer;

    /// <summary>Usable bytes.</summary>
    public long Length { get; } = length;

    /// <summary>A copy of another length, in memory of its own: cut off, or with what is new undefined.</summary>
    public AlignedBuffer Resize(long length)
    {
        AlignedBuffer resized = new(length);
        Buffer.MemoryCopy(Pointer, resized.Pointer, length, Math.Min(length, Length));
        GC.KeepAlive(this);
        return resized;
    }
}
