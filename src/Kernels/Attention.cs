// Softmax attention within one sequence. Sequences are not padded: the encoder calls this once a sequence.
namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Scaled dot-product self-attention of one sequence over several heads.</summary>
/// <remarks>Holds scratch memory that grows as needed: for one thread at a time.</remarks>
public sealed class Attention
{
    private float[] _scores = [];

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
        if (_scores.Length < tokens)
            _scores = new float[tokens];

        for (int head = 0; head < heads; head++)
        {
            for (int token = 0; token < tokens; token++)
            {
                int column = head * headSize;
                ReadOnlySpan<float> q = query.Slice(token * stride + column, headSize);
                Span<float> o = output.Slice(token * hidden + column, headSize);
                ForwardHead(q, key[column..], value[column..], stride, tokens, o);
            }
        }
    }

    private void ForwardHead(ReadOnlySpan<float> query, ReadOnlySpan<float> key, ReadOnlySpan<float> value, int stride, int tokens, Span<float> output)
    {
        float scale = 1 / MathF.Sqrt(query.Length);
        Span<float> scores = _scores.AsSpan(0, tokens);
        float max = float.NegativeInfinity;
        for (int t = 0; t < tokens; t++)
        {
            float dot = 0;
            for (int i = 0; i < query.Length; i++)
                dot += query[i] * key[t * stride + i];
            scores[t] = dot * scale;
            max = MathF.Max(max, scores[t]);
        }
        float sum = 0;
        for (int t = 0; t < tokens; t++)
        {
            scores[t] = MathF.Exp(scores[t] - max);
            sum += scores[t];
        }
        output.Clear();
        for (int t = 0; t < tokens; t++)
        {
            for (int i = 0; i < output.Length; i++)
                output[i] += scores[t] / sum * value[t * stride + i];
        }
    }

    private static void RequireRows(ReadOnlySpan<float> rows, string name, int tokens, int stride, int hidden)
    {
        if (tokens > 0 && rows.Length < (long)(tokens - 1) * stride + hidden)
            throw new ArgumentException($"{tokens} rows of {hidden} values, {stride} apart, do not fit in {rows.Length} values.", name);
    }
}
