// Token embeddings in training. A batch holds a few hundred of the vocabulary's tokens: only their rows are shown to libtorch, moved
// by Adam and rounded again, so that a table half the size of the model costs next to nothing.
using System.Runtime.InteropServices;
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>A trained table of which the forward pass sees what the stored form gives back.</summary>
/// <remarks>Adam is lazy, as in libtorch's SparseAdam: a row's moments and values move in the steps whose batch holds its token. The
/// gradient passes the rounding straight through.</remarks>
internal sealed class TokenTableTrainable : Trainable
{
    private readonly int _columns;
    private readonly GroupRounding? _rounding;
    private readonly Device _device;
    private readonly float[] _stored;
    private readonly List<(int[] Rows, Tensor Leaf)> _pending = [];
    private int[] _gradientRows = [];

    /// <param name="name">The name in checkpoints.</param>
    /// <param name="start">The first values, rows x columns, copied.</param>
    /// <param name="columns">Values of a row.</param>
    /// <param name="rounding">The rounding of the stored form; null for none.</param>
    /// <param name="device">Where the forward pass runs.</param>
    public TokenTableTrainable(string name, float[] start, int columns, GroupRounding? rounding, Device device)
        : base(name, start, [1, columns], ScalarType.Float32, device)
    {
        (_columns, _rounding, _device) = (columns, rounding, device);
        _stored = rounding is null ? Values : new float[start.Length];
        Publish();
    }

    /// <summary>Token ids, batch x length, to their rows, batch x length x columns.</summary>
    public Tensor Forward(Tensor ids)
    {
        using Tensor onProcessor = ids.cpu();
        long[] tokens = onProcessor.data<long>().ToArray();
        int[] rows = [.. tokens.Select(token => (int)token).Distinct().Order()];
        Dictionary<int, long> places = rows.Index().ToDictionary(pair => pair.Item, pair => (long)pair.Index);
        var values = new float[rows.Length * _columns];
        for (int i = 0; i < rows.Length; i++)
            _stored.AsSpan(rows[i] * _columns, _columns).CopyTo(values.AsSpan(i * _columns));
        Tensor leaf = tensor(values, [rows.Length, _columns], device: _device, requires_grad: is_grad_enabled());
        if (is_grad_enabled())
            _pending.Add((rows, leaf.DetachFromDisposeScope()));
        Tensor index = tensor(Array.ConvertAll(tokens, token => places[(int)token]), device: _device);
        return leaf.index_select(0, index).view(ids.shape[0], ids.shape[1], _columns);
    }

    /// <summary>The gradients of the rows seen since the last call, one row after another.</summary>
    public override Tensor? TakeGradient()
    {
        if (_pending.Count == 0)
            return null;
        _gradientRows = [.. _pending.SelectMany(part => part.Rows).Distinct().Order()];
        Tensor sum = zeros(_gradientRows.Length, _columns);
        Span<float> destination = MemoryMarshal.Cast<byte, float>(sum.bytes);
        foreach ((int[] rows, Tensor leaf) in _pending)
        {
            if (leaf.grad is Tensor gradient)
                Add(rows, gradient, destination);
            leaf.Dispose();
        }
        _pending.Clear();
        return sum;
    }

    public override void ForgetGradient()
    {
        foreach ((_, Tensor leaf) in _pending)
            leaf.Dispose();
        _pending.Clear();
    }

    public override void Update(ReadOnlySpan<float> gradient, in AdamStep step)
    {
        for (int i = 0; i < _gradientRows.Length; i++)
        {
            var row = new Range(_gradientRows[i] * _columns, (_gradientRows[i] + 1) * _columns);
            step.Apply(Values.AsSpan(row), FirstMoment.AsSpan(row), SecondMoment.AsSpan(row), gradient.Slice(i * _columns, _columns));
            _rounding?.Round(Values.AsSpan(row), _stored.AsSpan(row));
        }
    }

    public override void Publish()
    {
        if (_rounding is null)
            return;
        Parallel.For(0, Values.Length / _columns, row =>
            _rounding.Round(Values.AsSpan(row * _columns, _columns), _stored.AsSpan(row * _columns, _columns)));
    }

    public override void Dispose()
    {
        ForgetGradient();
        base.Dispose();
    }

    private void Add(int[] rows, Tensor gradient, Span<float> destination)
    {
        using Tensor onProcessor = gradient.cpu();
        ReadOnlySpan<float> source = MemoryMarshal.Cast<byte, float>(onProcessor.bytes);
        int place = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            while (_gradientRows[place] != rows[i])
                place++;
            Span<float> sum = destination.Slice(place * _columns, _columns);
            System.Numerics.Tensors.TensorPrimitives.Add(sum, source.Slice(i * _columns, _columns), sum);
        }
        gradient.Dispose();
    }
}
