// The order in which a search looks into buckets (query-directed probing: Lv et al., 2007, "Multi-probe LSH", VLDB). A near neighbour
// that is not in the query's own bucket most likely lies across those planes that the query is close to. So a set of bits to flip
// scores the sum of their squared margins, and sets come in the order of scores, all tables together. With a table's margins sorted,
// every set follows from one with a lower score by one of two steps: its farthest bit is replaced by the next, or the next is
// added.
using System.Numerics;

namespace Microsoft.ML.Ternary.Ann;

internal sealed class ProbeSequence(int tables, int bits)
{
    private readonly float[] _squares = new float[tables * bits];
    private readonly int[] _order = new int[tables * bits];
    private readonly int[] _codes = new int[tables];
    private readonly CandidateHeap _open = new();
    private FlippedBits[] _sets = new FlippedBits[64];
    private int _setCount;
    private int _own;

    /// <summary>Starts the sequence of a query.</summary>
    /// <param name="margins">How far the query is from each plane, and on which side, table after table.</param>
    public void Begin(ReadOnlySpan<float> margins)
    {
        _open.Clear();
        _setCount = 0;
        _own = 0;
        for (int table = 0; table < tables; table++)
        {
            int first = table * bits;
            ReadOnlySpan<float> own = margins.Slice(first, bits);
            Span<float> squares = _squares.AsSpan(first, bits);
            Span<int> order = _order.AsSpan(first, bits);
            for (int bit = 0; bit < bits; bit++)
            {
                squares[bit] = own[bit] * own[bit];
                order[bit] = bit;
            }
            squares.Sort(order);
            _codes[table] = Hyperplanes.Code(own);
            Add(new FlippedBits(table, 1, squares[0]));
        }
    }

    /// <summary>The next bucket; false when all have come.</summary>
    public bool Next(out int table, out int code)
    {
        if (_own < tables)
        {
            table = _own++;
            code = _codes[table];
            return true;
        }
        if (_open.Count == 0)
        {
            table = code = -1;
            return false;
        }
        FlippedBits set = _sets[(uint)_open.Take()];
        table = set.Table;
        code = _codes[table];
        for (int rest = set.Ranks; rest != 0; rest &= rest - 1)
            code ^= 1 << _order[table * bits + BitOperations.TrailingZeroCount(rest)];
        Follow(set);
        return true;
    }

    private void Follow(FlippedBits set)
    {
        int last = BitOperations.Log2((uint)set.Ranks), next = last + 1;
        if (next == bits)
            return;
        float added = set.Score + _squares[set.Table * bits + next];
        Add(new FlippedBits(set.Table, set.Ranks | 1 << next, added));
        Add(new FlippedBits(set.Table, set.Ranks ^ 1 << last | 1 << next, added - _squares[set.Table * bits + last]));
    }

    private void Add(FlippedBits set)
    {
        if (_setCount == _sets.Length)
            Array.Resize(ref _sets, 2 * _setCount);
        _sets[_setCount] = set;
        // Scores are not negative, but for rounding: their bits then sort as they do.
        _open.Add((ulong)BitConverter.SingleToUInt32Bits(Math.Max(0f, set.Score)) << 32 | (uint)_setCount++);
    }

    /// <summary>Bits to flip in a table's hash, by their ranks in the order of margins.</summary>
    private readonly record struct FlippedBits(int Table, int Ranks, float Score);
}
