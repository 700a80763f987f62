// Softmax attention within one sequence. Sequences are not padded: the encoder calls this once a sequence.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Scaled dot-product self-attention of one sequence over several heads.</summary>
/// <remarks>Holds scratch memory that grows as needed: for one thread at a time.</remarks>
public sealed unsafe class Attention
{
    // Queries whose scores are in the cache at once; a multiple of the eight rows that the product computes together.
    private const int QueryRows = 16;

    private const float Log2E = 1.44269504f;

    private readonly AlignedBuffer<float> _keys = new();
    private readonly AlignedBuffer<float> _values = new();
    private readonly AlignedBuffer<float> _scores = new();

    /// <summary>Computes softmax(Q Kᵀ / √headSize) V for one head.</summary>
    /// <param name="query">Queries: one row a token, <paramref name="stride"/> apart, of which the first headSize values count.</param>
    /// <param name="key">Keys, in the same form.</param>
    /// <param name="value">Values, in the same form.</param>
    /// <param name="stride">Values between two rows of the inputs: the hidden size, or three times it where query, key and value
    /// come from one product and are slices of its output.</param>
    /// <param name="tokens">Tokens in the sequence.</param>
    /// <param name="headSize">Components of a head.</param>
    /// <param name="output">Receives tokens rows of headSize values.</param>
    /// <param name="outputStride">Values between two rows of the output.</param>
    /// <exception cref="ArgumentException">A length disagrees with the shape.</exception>
    public void ForwardHead(
        ReadOnlySpan<float> query, ReadOnlySpan<float> key, ReadOnlySpan<float> value, int stride,
        int tokens, int headSize, Span<float> output, int outputStride)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, headSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputStride, headSize);
        RequireRows(query.Length, nameof(query), tokens, stride, headSize);
        RequireRows(key.Length, nameof(key), tokens, stride, headSize);
        RequireRows(value.Length, nameof(value), tokens, stride, headSize);
        RequireRows(output.Length, nameof(output), tokens, outputStride, headSize);
        if (tokens == 0)
            return;
        int paddedTokens = FloatGemm.PaddedColumns(tokens);
        _keys.Grow(checked(paddedTokens * headSize));
        _values.Grow(checked(tokens * FloatGemm.PaddedColumns(headSize)));
        _scores.Grow(checked(QueryRows * paddedTokens));
        fixed (float* q = query, k = key, v = value, o = output)
            ForwardHead(q, k, v, stride, tokens, headSize, o, outputStride);
        GC.KeepAlive(this);
    }

    // The scale, with a factor that turns e^x into 2^x, is applied to the keys and the softmax's divisor to the output, of which there are fewer than scores.
    private void ForwardHead(float* query, float* key, float* value, nint stride, int tokens, int headSize, float* output, nint outputStride)
    {
        float* scores = _scores.Pointer;
        float* factors = stackalloc float[QueryRows];
        int paddedTokens = FloatGemm.PaddedColumns(tokens);
        FloatGemm.PackTransposed(key, stride, tokens, headSize, Log2E / MathF.Sqrt(headSize), _keys.Pointer);
        FloatGemm.Pack(value, stride, headSize, tokens, _values.Pointer);
        for (int row = 0; row < tokens; row += QueryRows)
        {
            int rows = Math.Min(QueryRows, tokens - row);
            FloatGemm.Multiply(query + row * stride, stride, rows, headSize, _keys.Pointer, paddedTokens, null, scores, paddedTokens);
            for (int m = 0; m < rows; m++)
                factors[m] = Softmax.Exponentiate(scores + (nint)m * paddedTokens, tokens);
            float* target = output + row * outputStride;
            FloatGemm.Multiply(scores, paddedTokens, rows, tokens, _values.Pointer, headSize, null, target, outputStride);
            for (int m = 0; m < rows; m++)
                Elementwise.Scale(target + m * outputStride, factors[m], headSize);
        }
    }

    private static void RequireRows(int length, string name, int tokens, int stride, int columns)
    {
        if (tokens > 0 && length < (long)(tokens - 1) * stride + columns)
            throw new ArgumentException($"{tokens} rows of {columns} values, {stride} apart, do not fit in {length} values.", name);
    }
}
