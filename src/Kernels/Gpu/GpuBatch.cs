// The part of a call's sequences that goes through the device together, written into memory that the device reads directly.
namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>Some sequences of a call, as the caller has them.</summary>
/// <param name="ids">Token ids of all sequences.</param>
/// <param name="offsets">Where each sequence begins, and after the last one the number of ids.</param>
/// <param name="types">Token types, or none where all are 0.</param>
internal readonly ref struct GpuTokens(ReadOnlySpan<int> ids, ReadOnlySpan<int> offsets, ReadOnlySpan<int> types)
{
    public ReadOnlySpan<int> Ids { get; } = ids;

    public ReadOnlySpan<int> Offsets { get; } = offsets;

    public ReadOnlySpan<int> Types { get; } = types;

    public int Count => Offsets.Length - 1;

    /// <summary>Blocks of queries that attention takes the sequences <paramref name="first"/> to first + count - 1 in.</summary>
    public int BlockCount(int first, int count)
    {
        int blocks = 0;
        for (int s = first; s < first + count; s++)
            blocks += (Offsets[s + 1] - Offsets[s] + AttentionKernel.Tile - 1) / AttentionKernel.Tile;
        return blocks;
    }

    /// <summary>Writes id, type and position of each token of some sequences.</summary>
    public void WriteTokens(int first, int count, Span<int> destination)
    {
        int to = 0;
        for (int s = first; s < first + count; s++)
        {
            for (int t = Offsets[s]; t < Offsets[s + 1]; t++)
            {
                destination[to++] = Ids[t];
                destination[to++] = Types.Length == 0 ? 0 : Types[t];
                destination[to++] = t - Offsets[s];
            }
        }
    }

    /// <summary>Writes where each of some sequences begins among them, and after the last one their tokens.</summary>
    public void WriteOffsets(int first, int count, Span<int> destination)
    {
        for (int s = 0; s <= count; s++)
            destination[s] = Offsets[first + s] - Offsets[first];
    }

    /// <summary>Writes what attention needs to know of each block of queries (<see cref="AttentionKernel.BlockNumbers"/>).</summary>
    public void WriteBlocks(int first, int count, Span<int> destination)
    {
        int to = 0;
        for (int s = first; s < first + count; s++)
        {
            int length = Offsets[s + 1] - Offsets[s];
            for (int query = 0; query < length; query += AttentionKernel.Tile)
            {
                destination[to++] = Offsets[s] - Offsets[first];
                destination[to++] = length;
                destination[to++] = query;
            }
        }
    }
}
