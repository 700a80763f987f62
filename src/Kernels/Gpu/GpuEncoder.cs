// The BERT forward pass kept on a device, from token ids to embeddings. Weights are uploaded once; batches alternate between two
// lanes; a batch for which the device has no room is split, and later ones stay as small.
using ILGPU;
using ILGPU.Runtime;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>A BERT encoder on a device.</summary>
/// <remarks>Any number of threads may call, and several encoders share a device; they take turns.</remarks>
public sealed class GpuEncoder : IDisposable
{
    private const int LaneCount = 2;

    // CUDA's limit for the second dimension of a grid, which sequences may take; indices of activations stay in 32 bits too.
    private const int MostBatchTokens = 65535;

    private readonly GpuDevice _device;
    private readonly GpuLane[] _lanes = new GpuLane[LaneCount];
    private readonly List<IDisposable> _owned = [];
    private int _maxBatchTokens = int.MaxValue;
    private bool _disposed;

    /// <summary>Uploads a model.</summary>
    /// <exception cref="GpuOutOfMemoryException">The device has no room for the weights.</exception>
    /// <exception cref="InvalidOperationException">The device failed.</exception>
    public GpuEncoder(GpuDevice device, GpuModel model)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(model);
        _device = device;
        Model = model;
        try
        {
            for (int i = 0; i < LaneCount; i++)
                _owned.Add(_lanes[i] = new GpuLane(this, device));
            TokenTable = UploadTokens();
            TypeTable = Own(device.Upload(model.TokenTypeEmbeddings));
            PositionTable = Own(device.Upload(model.PositionEmbeddings));
            EmbeddingNorm = Norm(model.EmbeddingNorm);
            Layers = [.. model.Layers.Select(Layer)];
            for (int i = 0; i + 1 < Layers.Count; i++)
                Layers[i].NextNeedsCodes = Layers[i + 1].NeedsCodes;
            DenseModules = [.. model.DenseModules.Select(module => (Linear(module.Linear), module.Activation))];
        }
        catch (AcceleratorException e)
        {
            Dispose();
            throw new InvalidOperationException($"{device.Info} failed while the model was copied to it: {e.Message} Restart the program, and update the device's driver if it happens again.", e);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The device that it runs on.</summary>
    public GpuDevice Device => _device;

    /// <summary>Components of an embedding.</summary>
    public int Dimension => Model.Dimension;

    /// <summary>Batches that were split because the device had no room for them.</summary>
    public int SplitBatches { get; private set; }

    internal GpuModel Model { get; }

    internal ArrayView<float> TokenTable { get; }

    internal ArrayView<float> TypeTable { get; }

    internal ArrayView<float> PositionTable { get; }

    internal GpuNorm EmbeddingNorm { get; }

    internal IReadOnlyList<GpuLayer> Layers { get; }

    internal IReadOnlyList<(GpuLinear Linear, GpuActivation Activation)> DenseModules { get; }

    internal int IntermediateSize => Layers.Count > 0 ? Layers.Max(layer => layer.Intermediate.Outputs) : 1;

    /// <summary>Components of a pooled vector.</summary>
    internal int PooledWidth => Model.HiddenSize * int.PopCount((int)Model.Pooling);

    internal int LargestPooledWidth => DenseModules.Select(module => module.Linear.Outputs).Append(PooledWidth).Max();

    /// <summary>Embeds sequences.</summary>
    /// <param name="ids">Token ids of all sequences, each in the vocabulary.</param>
    /// <param name="offsets">Sequence i is ids[offsets[i]..offsets[i + 1]]; none is empty or longer than the model's positions.</param>
    /// <param name="types">The token type of each id; empty where all are 0.</param>
    /// <param name="output">Receives sequences x <see cref="Dimension"/> values.</param>
    /// <param name="batchTokens">Tokens that go through the device together, or one longer sequence; more than 65,535 count as 65,535.</param>
    /// <param name="cancellation">Stops the work between two batches.</param>
    /// <exception cref="GpuOutOfMemoryException">The device has no room for a single sequence.</exception>
    /// <exception cref="ObjectDisposedException">The encoder was disposed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public void Embed(
        ReadOnlySpan<int> ids, ReadOnlySpan<int> offsets, ReadOnlySpan<int> types, Span<float> output, int batchTokens, CancellationToken cancellation = default)
    {
        if (output.Length < (long)(offsets.Length - 1) * Dimension)
            throw new ArgumentException($"The output holds {output.Length} values; {offsets.Length - 1} embeddings of {Dimension} components need {(long)(offsets.Length - 1) * Dimension}.", nameof(output));
        lock (_device.Turn)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                Run(new GpuTokens(ids, offsets, types), output, Math.Min(batchTokens, MostBatchTokens), cancellation);
            }
            catch
            {
                foreach (GpuLane lane in _lanes)
                    lane.Forget();
                foreach (GpuLane lane in _lanes)
                    lane.Settle();
                throw;
            }
        }
    }

    /// <summary>Frees the weights and the working memory, not the device.</summary>
    public void Dispose()
    {
        lock (_device.Turn)
        {
            _disposed = true;
            foreach (IDisposable owned in _owned)
                GpuDevice.FreeEvenIfFailed(owned);
            _owned.Clear();
        }
    }

    internal AttentionShape AttentionShape(bool joined, int tokens)
    {
        int hidden = Model.HiddenSize;
        int headSize = hidden / Model.AttentionHeads;
        float scale = 1 / MathF.Sqrt(headSize);
        return joined
            ? new AttentionShape(3 * hidden, hidden, 2 * hidden, hidden, headSize, scale)
            : new AttentionShape(hidden, tokens * hidden, 2 * tokens * hidden, hidden, headSize, scale);
    }

    private void Run(GpuTokens tokens, Span<float> output, int batchTokens, CancellationToken cancellation)
    {
        int lane = 0;
        for (int first = 0; first < tokens.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            _lanes[lane].Complete(output);
            int count = BatchLength(tokens.Offsets, first, Math.Min(batchTokens, _maxBatchTokens));
            if (!TryStart(_lanes[lane], tokens, first, count, output))
                continue;
            first += count;
            lane = (lane + 1) % LaneCount;
        }
        for (int i = 0; i < LaneCount; i++)
            _lanes[(lane + i) % LaneCount].Complete(output);
    }

    /// <summary>Starts a batch; where there is no room for it, makes room and remembers to take less.</summary>
    private bool TryStart(GpuLane lane, GpuTokens tokens, int first, int count, Span<float> output)
    {
        try
        {
            lane.Start(tokens, first, count);
            return true;
        }
        catch (GpuOutOfMemoryException e)
        {
            bool othersHoldMemory = false;
            foreach (GpuLane other in _lanes)
            {
                other.Complete(output);
                othersHoldMemory |= other.HoldsMemory;
                other.Release();
            }
            int batch = tokens.Offsets[first + count] - tokens.Offsets[first];
            if (count == 1 && !othersHoldMemory)
                throw new GpuOutOfMemoryException($"The device has no room for one sequence of {batch} tokens. {e.Message} Use a smaller model, a shorter MaxLength or the CPU.", e);
            if (count > 1)
                SplitBatches++;
            _maxBatchTokens = Math.Max(1, batch / 2);
            return false;
        }
    }

    private static int BatchLength(ReadOnlySpan<int> offsets, int first, int maxTokens)
    {
        int count = 1;
        while (first + count + 1 < offsets.Length && offsets[first + count + 1] - offsets[first] <= maxTokens)
            count++;
        return count;
    }

    private ArrayView<float> UploadTokens()
    {
        float[] table = new float[checked(Model.VocabularySize * Model.HiddenSize)];
        for (int row = 0; row < Model.VocabularySize; row++)
            Model.TokenEmbeddings(row, table.AsSpan(row * Model.HiddenSize, Model.HiddenSize));
        return Own(_device.Upload(table));
    }

    private GpuLayer Layer(GpuLayerWeights weights) => new()
    {
        Projections = [.. weights.Projections.Select(Linear)],
        AttentionOutput = Linear(weights.AttentionOutput),
        AttentionNorm = Norm(weights.AttentionNorm),
        Intermediate = Linear(weights.Intermediate),
        Output = Linear(weights.Output),
        OutputNorm = Norm(weights.OutputNorm),
    };

    private GpuLinear Linear(GpuLinearWeights weights)
    {
        GpuLinear linear = GpuLinear.Create(_device, weights);
        _owned.Add(linear);
        return linear;
    }

    private GpuNorm Norm(GpuNormWeights weights) =>
        new(new NormParameters(Own(_device.Upload(weights.Gain)), Own(_device.Upload(weights.Bias)), Model.LayerNormEpsilon));

    private ArrayView<float> Own(MemoryBuffer1D<float, Stride1D.Dense> buffer)
    {
        _owned.Add(new Owned(_device, buffer));
        return buffer.View;
    }

    private sealed class Owned(GpuDevice device, MemoryBuffer1D<float, Stride1D.Dense> buffer) : IDisposable
    {
        public void Dispose() => device.Free(buffer);
    }
}

/// <summary>A layer norm on a device.</summary>
internal sealed record GpuNorm(NormParameters Parameters);

/// <summary>A transformer layer on a device.</summary>
internal sealed class GpuLayer
{
    public required IReadOnlyList<GpuLinear> Projections { get; init; }

    public required GpuLinear AttentionOutput { get; init; }

    public required GpuNorm AttentionNorm { get; init; }

    public required GpuLinear Intermediate { get; init; }

    public required GpuLinear Output { get; init; }

    public required GpuNorm OutputNorm { get; init; }

    /// <summary>Whether a projection reads the int8 form of the residual stream.</summary>
    public bool NeedsCodes => Projections.Any(projection => projection.TakesCodes);

    /// <summary>Whether the layer after this one does.</summary>
    public bool NextNeedsCodes { get; set; }
}
