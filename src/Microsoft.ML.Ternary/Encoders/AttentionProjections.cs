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
        foreach (LinearLayer layer in _layers)
            InputForms |= layer.InputForm;
    }

    /// <summary>The forms in which the projections read their input.</summary>
    public ActivationForms InputForms { get; }

    /// <summary>Projects rows of one of the workspace's blocks.</summary>
    public void Forward(EncoderWorkspace workspace, ActivationBlock input, int first, int rows, LinearWorkspace linear)
    {
        for (int i = 0; i < _layers.Length; i++)
            _layers[i].Forward(input, first, rows, new LinearOutput(Block(workspace, i)), linear);
    }

    /// <summary>Gives the workspace's blocks the shapes that <see cref="Forward"/> writes.</summary>
    public void Prepare(EncoderWorkspace workspace)
    {
        for (int i = 0; i < _layers.Length; i++)
            Block(workspace, i).Resize(workspace.TokenCount, _layers[i].OutputSize, ActivationForms.Float32);
    }

    /// <summary>What <see cref="Forward"/> wrote.</summary>
    public Projections Of(EncoderWorkspace workspace)
    {
        ReadOnlySpan<float> first = Block(workspace, 0).Values;
        return _layers.Length == 1
            ? new Projections(first, first[_hidden..], first[(2 * _hidden)..], 3 * _hidden)
            : new Projections(first, workspace.Projections[1].Values, workspace.Projections[2].Values, _hidden);
    }

    // Layers of one model may differ, and all are prepared before the first runs.
    private ActivationBlock Block(EncoderWorkspace workspace, int layer) =>
        _layers.Length == 1 ? workspace.JointProjections : workspace.Projections[layer];
}

/// <summary>Queries, keys and values of all tokens, each row <paramref name="stride"/> values after the one before.</summary>
internal readonly ref struct Projections(ReadOnlySpan<float> query, ReadOnlySpan<float> key, ReadOnlySpan<float> value, int stride)
{
    public ReadOnlySpan<float> Query { get; } = query;

    public ReadOnlySpan<float> Key { get; } = key;

    public ReadOnlySpan<float> Value { get; } = value;

    public int Stride { get; } = stride;
}
