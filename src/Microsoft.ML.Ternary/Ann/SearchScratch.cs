// What one search needs besides the index. Scratch is kept and used again, one for each search that runs at the same time, so
// that a search allocates nothing once the first ones have run.
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class SearchScratch
{
    private readonly AlignedBuffer _query;
    private readonly AlignedBuffer _decoded;
    private readonly int[] _ids;
    private readonly float[] _distances;

    /// <summary>Creates scratch.</summary>
    /// <param name="queryBytes">Size of a prepared query.</param>
    /// <param name="nodes">Nodes to keep account of having seen.</param>
    /// <param name="batch">Distances asked for at once.</param>
    public SearchScratch(int queryBytes, int nodes, int batch)
    {
        _query = new AlignedBuffer(queryBytes, clear: true);
        _decoded = new AlignedBuffer(queryBytes, clear: true);
        _ids = GC.AllocateUninitializedArray<int>(batch, pinned: true);
        _distances = GC.AllocateUninitializedArray<float>(batch, pinned: true);
        Batch = batch;
        Ids = (int*)Marshal.UnsafeAddrOfPinnedArrayElement(_ids, 0);
        Distances = (float*)Marshal.UnsafeAddrOfPinnedArrayElement(_distances, 0);
        Visited = new VisitedSet(nodes);
    }

    /// <summary>The prepared query.</summary>
    public byte* Query => _query.Pointer;

    /// <summary>Room to decode a stored vector into.</summary>
    public byte* Decoded => _decoded.Pointer;

    /// <summary>How many <see cref="Ids"/> and <see cref="Distances"/> there is room for.</summary>
    public int Batch { get; }

    public int* Ids { get; }

    public float* Distances { get; }

    public VisitedSet Visited { get; }

    public CandidatePool Pool { get; } = new();

    public NearestKeys Nearest { get; } = new();

    /// <summary>What the search found: sorted keys that live in <see cref="Pool"/> or <see cref="Nearest"/>.</summary>
    public ReadOnlyMemory<ulong> Found { get; set; }
}
