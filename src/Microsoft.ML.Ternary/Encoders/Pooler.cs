// Turns the states of a sequence's tokens into one vector, as sentence-transformers' Pooling module does. Without padding
// there is no mask: every token of a text counts, [CLS] and [SEP] included.
using System.Numerics.Tensors;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Encoders;

internal static class Pooler
{
    /// <summary>Writes the pooled vectors of one sequence, concatenated in the order of <see cref="PoolingModes"/>.</summary>
    /// <param name="modes">Which vectors.</param>
    /// <param name="states">The states of the sequence's tokens, tokens x <paramref name="hidden"/>.</param>
    /// <param name="hidden">Components of a state.</param>
    /// <param name="skipped">Tokens at the start, fewer than all, that only the first mode reads.</param>
    /// <param name="output"><paramref name="hidden"/> components for each mode.</param>
    public static void Pool(PoolingModes modes, ReadOnlySpan<float> states, int hidden, int skipped, Span<float> output)
    {
        if ((modes & PoolingModes.Cls) != 0)
            states[..hidden].CopyTo(Next(ref output, hidden));
        states = states[(skipped * hidden)..];
        int tokens = states.Length / hidden;
        if ((modes & PoolingModes.Max) != 0)
            Max(states, Next(ref output, hidden));
        if ((modes & (PoolingModes.Mean | PoolingModes.MeanSqrtLength)) == 0)
            return;
        Span<float> first = Next(ref output, hidden);
        Sum(states, first);
        if ((modes & PoolingModes.MeanSqrtLength) != 0)
        {
            Span<float> second = (modes & PoolingModes.Mean) != 0 ? Next(ref output, hidden) : first;
            TensorPrimitives.Divide(first, MathF.Sqrt(tokens), second);
        }
        if ((modes & PoolingModes.Mean) != 0)
            TensorPrimitives.Divide(first, tokens, first);
    }

    private static void Max(ReadOnlySpan<float> states, Span<float> output)
    {
        int hidden = output.Length;
        states[..hidden].CopyTo(output);
        for (int t = hidden; t < states.Length; t += hidden)
            TensorPrimitives.Max(output, states.Slice(t, hidden), output);
    }

    private static void Sum(ReadOnlySpan<float> states, Span<float> output)
    {
        int hidden = output.Length;
        states[..hidden].CopyTo(output);
        for (int t = hidden; t < states.Length; t += hidden)
            TensorPrimitives.Add(output, states.Slice(t, hidden), output);
    }

    private static Span<float> Next(ref Span<float> rest, int length)
    {
        Span<float> next = rest[..length];
        rest = rest[length..];
        return next;
    }
}
