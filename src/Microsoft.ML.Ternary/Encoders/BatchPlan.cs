// Cuts a window of sequences into batches that threads can take one after the other: sequences of like length together, the
// longest first so that no thread starts a long batch when the others are done, and batches of about equal cost.
namespace Microsoft.ML.Ternary.Encoders;

/// <summary>A plan; kept and made anew for the next window, so that its memory is.</summary>
internal sealed class BatchPlan
{
    // Below this a batch reads each weight for too few tokens to be worth a thread of its own.
    private const int MinBatchTokens = 48;

    private readonly List<int> _starts = [0];
    private readonly List<int> _tokens = [];
    private int[] _loads = [];
    private int[] _order = [];
    private long[] _keys = [];

    /// <summary>Creates a plan of no batches.</summary>
    public BatchPlan()
    {
    }

    /// <summary>Creates a plan and makes it.</summary>
    public BatchPlan(ReadOnlySpan<int> offsets, int maxTokens, int threads) => Make(offsets, maxTokens, threads);

    /// <summary>Plans batches of at most <paramref name="maxTokens"/> tokens, or of one longer sequence, for
    /// <paramref name="threads"/> threads.</summary>
    public void Make(ReadOnlySpan<int> offsets, int maxTokens, int threads)
    {
        int count = offsets.Length - 1;
        LongestFirst(offsets);
        _starts.Clear();
        _starts.Add(0);
        _tokens.Clear();
        int limit = Limit(offsets[^1], maxTokens, threads);
        int tokens = 0;
        for (int i = 0; i < count; i++)
        {
            int length = offsets[_order[i] + 1] - offsets[_order[i]];
            if (tokens > 0 && tokens + length > limit)
            {
                _starts.Add(i);
                _tokens.Add(tokens);
                tokens = 0;
            }
            tokens += length;
        }
        if (count == 0)
            return;
        _starts.Add(count);
        _tokens.Add(tokens);
    }

    /// <summary>Number of batches.</summary>
    public int Count => _starts.Count - 1;

    /// <summary>The sequences of a batch, as indices into the window.</summary>
    public ReadOnlySpan<int> Batch(int index) => _order.AsSpan(_starts[index].._starts[index + 1]);

    /// <summary>How many times its fair share of the tokens the busiest of <paramref name="threads"/> threads gets, where each takes
    /// the next batch when it is done with one.</summary>
    public double Imbalance(int threads)
    {
        if (_loads.Length < threads)
            _loads = new int[threads];
        Span<int> loads = _loads.AsSpan(0, threads);
        loads.Clear();
        int total = 0;
        foreach (int tokens in _tokens)
        {
            int idle = 0;
            for (int i = 1; i < threads; i++)
            {
                if (loads[i] < loads[idle])
                    idle = i;
            }
            loads[idle] += tokens;
            total += tokens;
        }
        int busiest = 0;
        foreach (int load in loads)
            busiest = Math.Max(busiest, load);
        return (double)busiest * threads / Math.Max(1, total);
    }

    // Equal shares: as many rounds of all threads as maxTokens asks for, and in the last round no thread without work.
    private static int Limit(int tokens, int maxTokens, int threads)
    {
        long perRound = (long)maxTokens * threads;
        long rounds = Math.Max(1, (tokens + perRound - 1) / perRound);
        long share = (tokens + rounds * threads - 1) / (rounds * threads);
        return (int)Math.Clamp(share, Math.Min(MinBatchTokens, maxTokens), maxTokens);
    }

    private void LongestFirst(ReadOnlySpan<int> offsets)
    {
        int count = offsets.Length - 1;
        if (_order.Length < count)
        {
            _order = new int[count];
            _keys = new long[count];
        }
        for (int i = 0; i < count; i++)
        {
            _order[i] = i;
            // The index breaks ties, so that the plan is the same every time.
            _keys[i] = ((long)(offsets[i] - offsets[i + 1]) << 32) + i;
        }
        Array.Sort(_keys, _order, 0, count);
    }
}
