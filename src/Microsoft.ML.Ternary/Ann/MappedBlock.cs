// A part of a mapped file as a block of memory.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>A section of a mapped file, which cannot be written to.</summary>
internal sealed unsafe class MappedBlock(MappedFile file, long offset, long length) : MemoryBlock(file.Pointer + offset, length)
{
    /// <summary>The file, which stays mapped as long as a block of it is reachable, unless it is disposed.</summary>
    public MappedFile File { get; } = file;
}
