// Cuts a window of sequences into batches that threads can take one after the other: sequences of like length together, the
// longest first so that no thread starts a long batch when the others are done, and batches of about equal cost.
namespace Microsoft.ML.Ternary.Encoders;

internal sealed class BatchPlan
{
    // Below this a batch reads each weight for too few tokens to be worth a thread of its own.
    private const int MinBatchTokens = 48;

    private readonly int[] _order;
    private readonly List<int> _starts = [0];

    /// <summary>Plans batches of at most <paramref name="maxTokens"/> tokens, or of one longer sequence, for
    /// <paramref name="threads"/> threads.</summary>
    public BatchPlan(ReadOnlySpan<int> offsets, int maxTokens, int threads)
    {
        _order = LongestFirst(offsets);
        int limit = Limit(offsets[^1], maxTokens, threads);
        int tokens = 0;
        for (int i = 0; i < _order.Length; i++)
        {
            int length = offsets[_order[i] + 1] - offsets[_order[i]];
            if (tokens > 0 && tokens + length > limit)
            {
                _starts.Add(i);
                tokens = 0;
            }
            tokens += length;
        }
        if (_order.Length > 0)
            _starts.Add(_order.Length);
    }

    /// <summary>Number of batches.</summary>
    public int Count => _starts.Count - 1;

    /// <summary>The sequences of a batch, as indices into the window.</summary>
    public ReadOnlySpan<int> Batch(int index) => _order.AsSpan(_starts[index].._starts[index + 1]);

    // Equal shares: as many rounds of all threads as maxTokens asks for, and in the last round no thread without work.
    private static int Limit(int tokens, int maxTokens, int threads)
    {
        long perRound = (long)maxTokens * threads;
        long rounds = Math.Max(1, (tokens + perRound - 1) / perRound);
        long share = (tokens + rounds * threads - 1) / (rounds * threads);
        return (int)Math.Clamp(share, Math.Min(MinBatchTokens, maxTokens), maxTokens);
    }

    private static int[] LongestFirst(ReadOnlySpan<int> offsets)
    {
        int count = offsets.Length - 1;
        int[] order = new int[count];
        long[] keys = new long[count];
        for (int i = 0; i < count; i++)
        {
            order[i] = i;
            // The index breaks ties, so that the plan is the same every time.
            keys[i] = ((long)(offsets[i] - offsets[i + 1]) << 32) + i;
        }
        Array.Sort(keys, order);
        return order;
    }
}
