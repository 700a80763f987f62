// One batch on its way through a device: a stream and the buffers that the batch needs. An encoder has two, so that the ids of
// the next batch go up and the embeddings of the last come down while the device works on another.
using ILGPU;
using ILGPU.Runtime;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

internal sealed class GpuLane : IDisposable
{
    private readonly GpuEncoder _encoder;
    private readonly GpuDevice _device;
    private readonly AcceleratorStream _stream;

    // Ids, types, positions; offsets; blocks of queries: one upload, three views.
    private readonly PinnedBuffer<int> _staged;
    private readonly GpuBuffer<int> _numbers;

    private readonly GpuBuffer<int> _codes;
    private readonly GpuBuffer<float> _codeScales;
    private readonly GpuBuffer<int> _codeSums;
    private readonly GpuBuffer<float> _hidden;
    private readonly GpuBuffer<float> _projections;
    private readonly GpuBuffer<float> _context;
    private readonly GpuBuffer<float> _inner;
    private readonly GpuBuffer<float> _pooled;
    private readonly GpuBuffer<float> _nextPooled;
    private readonly GpuBuffer<float> _embeddings;
    private readonly PinnedBuffer<float> _results;

    private int _tokens;
    private int _blocks;

    public GpuLane(GpuEncoder encoder, GpuDevice device)
    {
        _encoder = encoder;
        _device = device;
        _stream = device.Accelerator.CreateStream();
        (_staged, _results) = (new(device), new(device));
        (_numbers, _codes, _codeSums) = (new(device), new(device), new(device));
        (_codeScales, _hidden, _projections, _context, _inner) = (new(device), new(device), new(device), new(device), new(device));
        (_pooled, _nextPooled, _embeddings) = (new(device), new(device), new(device));
    }

    /// <summary>The first sequence of the batch under way.</summary>
    public int First { get; private set; }

    /// <summary>Sequences of the batch under way; 0 where there is none.</summary>
    public int Count { get; private set; }

    /// <summary>Whether buffers are kept from an earlier batch.</summary>
    public bool HoldsMemory => _numbers.View.Length > 0;

    /// <summary>Rows of memory for a number of tokens.</summary>
    public static int MemoryRows(int rows) => (rows + GpuKernels.RowMultiple - 1) / GpuKernels.RowMultiple * GpuKernels.RowMultiple;

    /// <summary>Starts a batch; returns before it is done.</summary>
    /// <exception cref="GpuOutOfMemoryException">It does not fit; nothing of it is under way, and the lane holds no memory.</exception>
    public void Start(GpuTokens tokens, int first, int count)
    {
        _tokens = tokens.Offsets[first + count] - tokens.Offsets[first];
        _blocks = tokens.BlockCount(first, count);
        try
        {
            Grow(count);
            (First, Count) = (first, count);
            Launch(tokens);
        }
        catch (GpuOutOfMemoryException)
        {
            GiveUp();
            throw;
        }
        catch (AcceleratorException e) when (GpuDevice.IsOutOfMemory(e))
        {
            GiveUp();
            throw new GpuOutOfMemoryException($"{_device.Info} has no room to run {_tokens} tokens: {e.Message}", e);
        }
    }

    /// <summary>Waits for the batch and copies its embeddings to their rows of <paramref name="output"/>.</summary>
    public void Complete(Span<float> output)
    {
        if (Count == 0)
            return;
        int dimension = _encoder.Dimension;
        int count = Count;
        Count = 0;
        _stream.Synchronize();
        _results.Span[..(count * dimension)].CopyTo(output[(First * dimension)..]);
    }

    /// <summary>Forgets the batch, whose kernels may still run; see <see cref="Settle"/>.</summary>
    public void Forget() => Count = 0;

    /// <summary>Waits until nothing of the lane runs. Called after a failure, so that one of its own says nothing new.</summary>
    public void Settle()
    {
        try
        {
            _stream.Synchronize();
        }
        catch (AcceleratorException)
        {
        }
    }

    /// <summary>Gives back the memory. No batch may be under way.</summary>
    public void Release()
    {
        foreach (GpuBuffer<int> buffer in new[] { _numbers, _codes, _codeSums })
            buffer.Dispose();
        foreach (GpuBuffer<float> buffer in new[] { _codeScales, _hidden, _projections, _context, _inner, _pooled, _nextPooled, _embeddings })
            buffer.Dispose();
        _staged.Dispose();
        _results.Dispose();
    }

    public void Dispose()
    {
        Release();
        _stream.Dispose();
    }

    private void GiveUp()
    {
        Forget();
        Settle();
        Release();
    }

    private void Launch(GpuTokens tokens)
    {
        Upload(tokens);
        Embed();
        for (int i = 0; i < _encoder.Layers.Count; i++)
            RunLayer(_encoder.Layers[i]);
        MakeEmbeddings();
    }

    private int NumbersOffsets => 3 * _tokens;

    private int NumbersBlocks => NumbersOffsets + Count + 1;

    private int NumbersLength(int count) => 3 * _tokens + count + 1 + AttentionKernel.BlockNumbers * _blocks;

    private void Grow(int count)
    {
        GpuModel model = _encoder.Model;
        int rows = MemoryRows(_tokens);
        int hidden = model.HiddenSize;
        _numbers.Grow(NumbersLength(count));
        _codes.Grow((long)rows * CodeRows.WordsOf(Math.Max(hidden, _encoder.IntermediateSize)));
        _codeScales.Grow(rows);
        _codeSums.Grow(rows);
        _hidden.Grow((long)rows * hidden);
        _projections.Grow((long)rows * 3 * hidden);
        _context.Grow((long)rows * hidden);
        _inner.Grow((long)rows * _encoder.IntermediateSize);
        _pooled.Grow((long)count * _encoder.LargestPooledWidth);
        _nextPooled.Grow((long)count * _encoder.LargestPooledWidth);
        _embeddings.Grow((long)count * _encoder.Dimension);
        _staged.Grow(NumbersLength(count));
        _results.Grow(count * _encoder.Dimension);
    }

    private void Upload(GpuTokens tokens)
    {
        int length = NumbersLength(Count);
        Span<int> staged = _staged.Span[..length];
        tokens.WriteTokens(First, Count, staged);
        tokens.WriteOffsets(First, Count, staged[NumbersOffsets..]);
        tokens.WriteBlocks(First, Count, staged[NumbersBlocks..]);
        _staged.Upload(_stream, _numbers.View, length);
    }

    private void Embed()
    {
        int hidden = _encoder.Model.HiddenSize;
        bool needsCodes = _encoder.Layers.Count > 0 && _encoder.Layers[0].NeedsCodes;
        _device.Kernels.Embed(
            _stream, _numbers.View, _tokens, _encoder.TokenTable, _encoder.TypeTable, _encoder.PositionTable,
            _encoder.EmbeddingNorm.Parameters, _hidden.View, Codes(needsCodes, hidden), hidden);
    }

    private void RunLayer(GpuLayer layer)
    {
        int hidden = _encoder.Model.HiddenSize;
        bool joined = layer.Projections.Count == 1;
        for (int i = 0; i < layer.Projections.Count; i++)
        {
            ArrayView<float> part = _projections.View.SubView((long)i * _tokens * hidden);
            layer.Projections[i].Forward(_stream, _hidden.View, Codes(true, hidden), part, _tokens, GpuActivation.None);
        }
        AttentionShape shape = _encoder.AttentionShape(joined, _tokens);
        _device.Kernels.Attention(
            _stream, _projections.View, _numbers.View.SubView(NumbersBlocks), _blocks, _encoder.Model.AttentionHeads, _context.View, shape);
        Forward(layer.AttentionOutput, _context, _projections, GpuActivation.None);
        AddNormalize(layer.AttentionNorm, layer.Intermediate.TakesCodes);
        layer.Intermediate.Forward(_stream, _hidden.View, Codes(true, hidden), _inner.View, _tokens, _encoder.Model.Activation);
        Forward(layer.Output, _inner, _projections, GpuActivation.None);
        AddNormalize(layer.OutputNorm, layer.NextNeedsCodes);
    }

    /// <summary>Runs a layer whose input has no int8 form yet.</summary>
    private void Forward(GpuLinear layer, GpuBuffer<float> input, GpuBuffer<float> output, GpuActivation activation)
    {
        CodeRows codes = Codes(layer.TakesCodes, layer.Inputs);
        if (layer.TakesCodes)
            _device.Kernels.Quantize(_stream, input.View, _tokens, codes, layer.Inputs);
        layer.Forward(_stream, input.View, codes, output.View, _tokens, activation);
    }

    // What the layer before made lies where the projections were, which nobody needs any more.
    private void AddNormalize(GpuNorm norm, bool needsCodes)
    {
        int hidden = _encoder.Model.HiddenSize;
        _device.Kernels.AddNormalize(_stream, _projections.View, _hidden.View, _tokens, norm.Parameters, Codes(needsCodes, hidden), hidden);
    }

    private void MakeEmbeddings()
    {
        GpuModel model = _encoder.Model;
        int width = _encoder.PooledWidth;
        _device.Kernels.Pool(_stream, _hidden.View, _numbers.View.SubView(NumbersOffsets), Count, _pooled.View, model.HiddenSize, model.Pooling, width);
        (GpuBuffer<float> pooled, GpuBuffer<float> next) = (_pooled, _nextPooled);
        foreach ((GpuLinear linear, GpuActivation activation) in _encoder.DenseModules)
        {
            linear.Forward(_stream, pooled.View, default, next.View, Count, activation);
            (pooled, next) = (next, pooled);
            width = linear.Outputs;
        }
        _device.Kernels.Finish(_stream, pooled.View, Count, _embeddings.View, width, _encoder.Dimension, model.Normalize);
        _results.Download(_stream, _embeddings.View, Count * _encoder.Dimension);
    }

    private CodeRows Codes(bool wanted, int columns) => new(_codes.View, _codeScales.View, _codeSums.View, wanted ? CodeRows.WordsOf(columns) : 0);
}
