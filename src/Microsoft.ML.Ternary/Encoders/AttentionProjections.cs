// Query, key and value read the same activations. Where the three are of one kind they run as one layer of three times the
// width, which goes over the activations once; a model that keeps one of them in full precision runs them one by one.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed class AttentionProjections
{
    private readonly int _hidden;
    private readonly LinearLayer[] _layers;

    public AttentionProjections(LinearWeights query, LinearWeights key, LinearWeights value)
    {
        _hidden = query.OutputSize;
        _layers = (query, key, value) switch
        {
            (TernaryLinearWeights q, TernaryLinearWeights k, TernaryLinearWeights v) when q.Matrix.Digits == k.Matrix.Digits && q.Matrix.Digits == v.Matrix.Digits =>
                [new TernaryLinear(TernaryMatrix.Concatenate(q.Matrix, k.Matrix, v.Matrix), [.. q.Bias, .. k.Bias, .. v.Bias])],
            (DenseLinearWeights q, DenseLinearWeights k, DenseLinearWeights v) =>
                [new DenseLinear([.. q.Matrix, .. k.Matrix, .. v.Matrix], 3 * _hidden, q.InputSize, [.. q.Bias, .. k.Bias, .. v.Bias])],
            _ => [Linears.Create(query), Linears.Create(key), Linears.Create(value)],
        };
    }

    /// <summary>Projects the workspace's residual stream.</summary>
    public Projections Forward(EncoderWorkspace workspace)
    {
        int part = workspace.TokenCount * _hidden;
        Span<float> all = workspace.Projections(3 * part);
        if (_layers.Length == 1)
        {
            _layers[0].Forward(workspace.Hidden, all);
            return new Projections(all, all[_hidden..], all[(2 * _hidden)..], 3 * _hidden);
        }
        for (int i = 0; i < _layers.Length; i++)
            _layers[i].Forward(workspace.Hidden, all.Slice(i * part, part));
        return new Projections(all[..part], all.Slice(part, part), all[(2 * part)..], _hidden);
    }
}

/// <summary>Queries, keys and values of all tokens, each row <paramref name="stride"/> values after the one before.</summary>
internal readonly ref struct Projections(ReadOnlySpan<float> query, ReadOnlySpan<float> key, ReadOnlySpan<float> value, int stride)
{
    public ReadOnlySpan<float> Query { get; } = query;

    public ReadOnlySpan<float> Key { get; } = key;

    public ReadOnlySpan<float> Value { get; } = value;

    public int Stride { get; } = stride;
}
