// Softmax attention within one sequence. Sequences are not padded: the encoder calls this once a sequence.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Scaled dot-product self-attention of one sequence over several heads.</summary>
/// <remarks>Holds scratch memory that grows as needed: for one thread at a time.</remarks>
public sealed unsafe class Attention
{
    // Queries whose scores are in the cache at once; a multiple of the rows that the product computes together.
    private const int QueryRows = 24;

    private readonly AlignedBuffer<float> _keys = new();
    private readonly AlignedBuffer<float> _values = new();
    private readonly AlignedBuffer<float> _scores = new();

    /// <summary>Computes softmax(Q Kᵀ / √headSize) V for each head.</summary>
    /// <param name="query">Queries: one row a token, <paramref name="stride"/> apart, of which the first heads x headSize values count.</param>
    /// <param name="key">Keys, in the same form.</param>
    /// <param name="value">Values, in the same form.</param>
    /// <param name="stride">Values between two rows of the inputs: the hidden size, or three times it where query, key and value
    /// come from one product and are slices of its output.</param>
    /// <param name="tokens">Tokens in the sequence.</param>
    /// <param name="heads">Attention heads.</param>
    /// <param name="headSize">Components of a head.</param>
    /// <param name="output">Receives tokens x (heads x headSize) values, row-major.</param>
    /// <exception cref="ArgumentException">A length disagrees with the shape.</exception>
    public void Forward(
        ReadOnlySpan<float> query, ReadOnlySpan<float> key, ReadOnlySpan<float> value, int stride,
        int tokens, int heads, int headSize, Span<float> output)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headSize);
        int hidden = checked(heads * headSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, hidden);
        RequireRows(query, nameof(query), tokens, stride, hidden);
        RequireRows(key, nameof(key), tokens, stride, hidden);
        RequireRows(value, nameof(value), tokens, stride, hidden);
        if (output.Length != (long)tokens * hidden)
            throw new ArgumentException($"The output of {tokens} tokens has {(long)tokens * hidden} values; the destination holds {output.Length}.", nameof(output));
        if (tokens == 0)
            return;
        int paddedTokens = FloatGemm.PaddedColumns(tokens);
        _keys.Grow(checked(paddedTokens * headSize));
        _values.Grow(checked(tokens * FloatGemm.PaddedColumns(headSize)));
        _scores.Grow(checked(QueryRows * paddedTokens));
        fixed (float* q = query, k = key, v = value, o = output)
        {
            for (int column = 0; column < hidden; column += headSize)
                ForwardHead(q + column, k + column, v + column, stride, tokens, headSize, o + column, hidden);
        }
        GC.KeepAlive(this);
    }

    // The scale is applied to the keys, of which there are fewer than scores.
    private void ForwardHead(float* query, float* key, float* value, nint stride, int tokens, int headSize, float* output, nint outputStride)
    {
        float* scores = _scores.Pointer;
        int paddedTokens = FloatGemm.PaddedColumns(tokens);
        FloatGemm.PackTransposed(key, stride, tokens, headSize, 1 / MathF.Sqrt(headSize), _keys.Pointer);
        FloatGemm.Pack(value, stride, headSize, tokens, _values.Pointer);
        for (int row = 0; row < tokens; row += QueryRows)
        {
            int rows = Math.Min(QueryRows, tokens - row);
            FloatGemm.Multiply(query + row * stride, stride, rows, headSize, _keys.Pointer, paddedTokens, null, scores, paddedTokens);
            for (int m = 0; m < rows; m++)
                Softmax.Apply(new Span<float>(scores + (nint)m * paddedTokens, paddedTokens), tokens);
            FloatGemm.Multiply(scores, paddedTokens, rows, tokens, _values.Pointer, headSize, null, output + row * outputStride, outputStride);
        }
    }

    private static void RequireRows(ReadOnlySpan<float> rows, string name, int tokens, int stride, int hidden)
    {
        if (tokens > 0 && rows.Length < (long)(tokens - 1) * stride + hidden)
            throw new ArgumentException($"{tokens} rows of {hidden} values, {stride} apart, do not fit in {rows.Length} values.", name);
    }
}
