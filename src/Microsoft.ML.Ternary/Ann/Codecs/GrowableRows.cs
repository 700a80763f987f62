// Searches run while vectors are added, and neither may wait for the other. So there is one way in which rows grow, whatever the
// codec: a row is complete before the count says that it is there, and a block that has become too small is replaced by a larger
// copy, never moved.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Rows of equal size, one after the other. One thread at a time adds; any number read meanwhile.</summary>
/// <remarks>A reader asks for <see cref="Count"/> first, takes <see cref="Block"/> once, touches rows below that count only, and keeps
/// the block reachable (GC.KeepAlive) until it is done with it: a larger one may have taken its place.</remarks>
internal sealed unsafe class GrowableRows
{
    private MemoryBlock _block;
    private int _capacity;
    private int _count;

    /// <summary>No rows, with room for some.</summary>
    public GrowableRows(int rowBytes, int capacity)
    {
        RowBytes = rowBytes;
        _capacity = Math.Max(capacity, 1);
        _block = new AlignedBuffer((long)_capacity * rowBytes);
    }

    /// <summary>Rows that lie in memory already. They are not written to: the first row that is added moves to a copy.</summary>
    public GrowableRows(int rowBytes, int count, MemoryBlock block)
    {
        if (block.Length < (long)count * rowBytes)
            throw new ArgumentException($"{count} rows of {rowBytes} bytes do not fit into {block.Length} bytes.", nameof(block));
        RowBytes = rowBytes;
        _count = _capacity = count;
        _block = block;
    }

    public int RowBytes { get; }

    public int Count => Volatile.Read(ref _count);

    public MemoryBlock Block => Volatile.Read(ref _block);

    /// <summary>Where the next row is written to, before it is published.</summary>
    public byte* Next()
    {
        if (_count == _capacity)
            Reserve(checked(_count + 1));
        return _block.Pointer + (long)_count * RowBytes;
    }

    /// <summary>Lets readers see the next rows, which are complete.</summary>
    public void Publish(int rows = 1) => Volatile.Write(ref _count, _count + rows);

    /// <summary>Makes room for rows in all; at least by half more than there are, so that adding one by one takes linear time.</summary>
    public void Reserve(int capacity)
    {
        if (capacity > _capacity)
            Resize((int)Math.Min(int.MaxValue, Math.Max(capacity, _count + (long)_count / 2)));
    }

    /// <summary>Gives back the room that growing left over.</summary>
    public void Trim()
    {
        int needed = Math.Max(_count, 1);
        if (_capacity > needed + needed / 8)
            Resize(needed);
    }

    private void Resize(int capacity)
    {
        Volatile.Write(ref _block, _block.Resize((long)capacity * RowBytes));
        _capacity = capacity;
    }
}
