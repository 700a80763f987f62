// A search must not lose the memory under its feet when another thread disposes the index. Each holds the mapped file meanwhile;
// a struct, so that holding it allocates nothing.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>The time from entering an index to leaving it, while its memory stays.</summary>
internal readonly struct IndexUse(MappedFile? file) : IDisposable
{
    public void Dispose() => file?.RemoveUser();
}
