// Attention within each sequence of a ragged batch, with the softmax computed on the way (Milakov and Gimelshein, 2018; Dao et
// al., FlashAttention, 2022): scores of 32 queries and 32 keys at a time exist in shared memory and nowhere else. A group takes
// 32 queries of one head; heads of any size go through in pieces of 32 components.
using System.Runtime.CompilerServices;
using ILGPU;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>Where queries, keys and values lie, and how large a head is.</summary>
internal readonly struct AttentionShape(int stride, int keyOffset, int valueOffset, int hidden, int headSize, float scale)
{
    /// <summary>Values between two tokens of the projections.</summary>
    public readonly int Stride = stride;

    /// <summary>Values from the first query to the first key.</summary>
    public readonly int KeyOffset = keyOffset;

    /// <summary>Values from the first query to the first value.</summary>
    public readonly int ValueOffset = valueOffset;

    public readonly int Hidden = hidden;

    public readonly int HeadSize = headSize;

    /// <summary>1 / √headSize.</summary>
    public readonly float Scale = scale;
}

internal static class AttentionKernel
{
    public const int GroupSize = 64;

    /// <summary>Queries, keys and components at a time.</summary>
    public const int Tile = DenseKernel.Tile;

    /// <summary>Numbers that describe a group's queries: first token of the sequence, its tokens, first query within it.</summary>
    public const int BlockNumbers = 3;

    private const int Step = 8;
    private const int Stride = Tile + 1;
    private const int HalfTile = Tile / 2;

    // Smaller than any score, and finite, so that the difference of two of them is a number.
    private const float Lowest = -1e30f;

    /// <summary>softmax(Q Kᵀ / √headSize) V; a group for each block of queries (x) and head (y).</summary>
    /// <param name="projections">Queries, keys and values of all tokens.</param>
    /// <param name="blocks"><see cref="BlockNumbers"/> numbers for each block of queries.</param>
    /// <param name="context">Receives tokens x hidden.</param>
    /// <param name="shape">The shape.</param>
    public static void Run(ArrayView<float> projections, ArrayView<int> blocks, ArrayView<float> context, AttentionShape shape)
    {
        ArrayView<float> queries = SharedMemory.Allocate<float>(Tile * Stride);
        ArrayView<float> keys = SharedMemory.Allocate<float>(Tile * Stride);
        ArrayView<float> scores = SharedMemory.Allocate<float>(Tile * Stride);
        ArrayView<float> halves = SharedMemory.Allocate<float>(GroupSize);
        ArrayView<float> factors = SharedMemory.Allocate<float>(Tile);

        int sequence = blocks[BlockNumbers * Grid.IdxX];
        int tokens = blocks[BlockNumbers * Grid.IdxX + 1];
        int firstQuery = blocks[BlockNumbers * Grid.IdxX + 2];
        int head = Grid.IdxY * shape.HeadSize;
        int x = Group.IdxX % Step;
        int y = Group.IdxX / Step;
        float max = Lowest;
        float sum = 0;
        for (int firstKey = 0; firstKey < tokens; firstKey += Tile)
        {
            Sums4x4 dots = default;
            for (int d = 0; d < shape.HeadSize; d += Tile)
            {
                int components = shape.HeadSize - d;
                Stage(projections, sequence, firstQuery, tokens, shape.Stride, head + d, components, queries);
                Stage(projections, sequence, firstKey, tokens, shape.Stride, shape.KeyOffset + head + d, components, keys);
                Group.Barrier();
                DenseKernel.Multiply(ref dots, queries, y, keys, x);
                Group.Barrier();
            }
            StoreScores(dots, scores, y, x, shape.Scale, tokens - firstKey);
            Group.Barrier();
            UpdateSoftmax(scores, halves, factors, ref max, ref sum, isLast: firstKey + Tile >= tokens);
            for (int d = 0; d < shape.HeadSize; d += Tile)
            {
                int components = shape.HeadSize - d;
                Stage(projections, sequence, firstKey, tokens, shape.Stride, shape.ValueOffset + head + d, components, keys);
                Group.Barrier();
                Sums4x4 weighted = default;
                MultiplyValues(ref weighted, scores, y, keys, x);
                Output output = new(context, factors, shape.Hidden, sequence + firstQuery, tokens - firstQuery, head + d, components, firstKey == 0);
                output.Row(y, x, weighted.S00, weighted.S01, weighted.S02, weighted.S03);
                output.Row(y + Step, x, weighted.S10, weighted.S11, weighted.S12, weighted.S13);
                output.Row(y + 2 * Step, x, weighted.S20, weighted.S21, weighted.S22, weighted.S23);
                output.Row(y + 3 * Step, x, weighted.S30, weighted.S31, weighted.S32, weighted.S33);
                Group.Barrier();
            }
        }
    }

    /// <summary>Copies up to 32 components of 32 tokens; what does not exist is zero.</summary>
    private static void Stage(
        ArrayView<float> projections, int sequence, int firstToken, int tokens, int stride, int column, int components, ArrayView<float> tile)
    {
        for (int i = Group.IdxX; i < Tile * Tile; i += GroupSize)
        {
            int token = firstToken + i / Tile;
            bool exists = token < tokens && i % Tile < components;
            tile[i / Tile * Stride + i % Tile] = exists ? projections[(sequence + token) * stride + column + i % Tile] : 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreScores(Sums4x4 dots, ArrayView<float> scores, int y, int x, float scale, int keys)
    {
        StoreScoreRow(scores, y, x, scale, keys, dots.S00, dots.S01, dots.S02, dots.S03);
        StoreScoreRow(scores, y + Step, x, scale, keys, dots.S10, dots.S11, dots.S12, dots.S13);
        StoreScoreRow(scores, y + 2 * Step, x, scale, keys, dots.S20, dots.S21, dots.S22, dots.S23);
        StoreScoreRow(scores, y + 3 * Step, x, scale, keys, dots.S30, dots.S31, dots.S32, dots.S33);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreScoreRow(ArrayView<float> scores, int row, int x, float scale, int keys, float s0, float s1, float s2, float s3)
    {
        int start = row * Stride + x;
        scores[start] = x < keys ? s0 * scale : Lowest;
        scores[start + Step] = x + Step < keys ? s1 * scale : Lowest;
        scores[start + 2 * Step] = x + 2 * Step < keys ? s2 * scale : Lowest;
        scores[start + 3 * Step] = x + 3 * Step < keys ? s3 * scale : Lowest;
    }

    /// <summary>Turns the scores into weights relative to the largest score so far. Two threads a query, each with half of the
    /// keys and with its own copy of the query's maximum and sum. Leaves in <paramref name="factors"/> by what to multiply a
    /// query's earlier output.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void UpdateSoftmax(
        ArrayView<float> scores, ArrayView<float> halves, ArrayView<float> factors, ref float max, ref float sum, bool isLast)
    {
        int thread = Group.IdxX;
        int query = thread / 2;
        int start = query * Stride + thread % 2 * HalfTile;
        float largest = max;
        for (int i = 0; i < HalfTile; i++)
            largest = scores[start + i] > largest ? scores[start + i] : largest;
        halves[thread] = largest;
        Group.Barrier();
        float other = halves[thread ^ 1];
        largest = other > largest ? other : largest;
        Group.Barrier();

        float part = 0;
        for (int i = 0; i < HalfTile; i++)
        {
            float weight = scores[start + i] <= Lowest ? 0 : GpuFunctions.Exp(scores[start + i] - largest);
            scores[start + i] = weight;
            part += weight;
        }
        halves[thread] = part;
        Group.Barrier();
        float factor = GpuFunctions.Exp(max - largest);
        sum = sum * factor + (halves[2 * query] + halves[2 * query + 1]);
        max = largest;
        Group.Barrier();

        // The division by the sum of the weights joins the last factor; the weights of the last keys get it themselves.
        float inverse = isLast ? 1 / sum : 1;
        if (thread % 2 == 0)
            factors[query] = factor * inverse;
        if (isLast)
        {
            for (int i = 0; i < HalfTile; i++)
                scores[start + i] *= inverse;
        }
        Group.Barrier();
    }

    /// <summary>Adds weights x values: rows of <paramref name="weights"/> with columns of <paramref name="values"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyValues(ref Sums4x4 sums, ArrayView<float> weights, int y, ArrayView<float> values, int x)
    {
        int rows = y * Stride;
        for (int k = 0; k < Tile; k++)
        {
            int row = k * Stride + x;
            sums.AddOuter(
                weights[rows + k], weights[rows + Step * Stride + k], weights[rows + 2 * Step * Stride + k], weights[rows + 3 * Step * Stride + k],
                values[row], values[row + Step], values[row + 2 * Step], values[row + 3 * Step]);
        }
    }

    /// <summary>Adds to what earlier keys left in the output.</summary>
    private readonly struct Output(
        ArrayView<float> context, ArrayView<float> factors, int hidden, int firstToken, int queries, int column, int components, bool isFirst)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Row(int query, int x, float v0, float v1, float v2, float v3)
        {
            if (query >= queries)
                return;
            int start = (firstToken + query) * hidden + column;
            float factor = factors[query];
            Add(start, x, factor, v0);
            Add(start, x + Step, factor, v1);
            Add(start, x + 2 * Step, factor, v2);
            Add(start, x + 3 * Step, factor, v3);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Add(int start, int component, float factor, float value)
        {
            if (component < components)
                context[start + component] = isFirst ? value : context[start + component] * factor + value;
        }
    }
}
