// The seam between models as this assembly knows them and encoders on a device, which know numbers only.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed class GpuTextEncoder : IDisposable
{
    /// <summary>Tokens that go through a device together: enough for every multiprocessor of a large one.</summary>
    private const int BatchTokens = 8192;

    private readonly GpuDeviceLease _lease;
    private readonly GpuEncoder _encoder;

    /// <summary>Opens a device and uploads a model; the first <paramref name="dimension"/> components of embeddings are kept.</summary>
    /// <exception cref="InvalidOperationException">The device cannot be opened.</exception>
    /// <exception cref="GpuOutOfMemoryException">The device has no room for the weights.</exception>
    public GpuTextEncoder(GpuDeviceInfo info, EmbeddingModel model, int dimension)
    {
        _lease = new GpuDeviceLease(info);
        try
        {
            _encoder = new GpuEncoder(_lease.Device, ToGpuModel(model, dimension));
        }
        catch
        {
            _lease.Dispose();
            throw;
        }
    }

    /// <summary>The device, and what of it is not used and why.</summary>
    public string Description
    {
        get
        {
            GpuDevice device = _lease.Device;
            return $"{device.Info}, ternary products: {device.TernaryForm}{(device.Remarks == "" ? "" : $" ({device.Remarks.TrimEnd()})")}";
        }
    }

    /// <summary>Embeds a batch that was checked; see <see cref="TextEncoder.EmbedTokens"/>.</summary>
    public void Run(TokenBatch tokens, Span<float> output, CancellationToken cancellation) =>
        _encoder.Embed(tokens.Ids, tokens.Offsets, tokens.Types, output, BatchTokens, cancellation);

    public void Dispose()
    {
        try
        {
            _encoder.Dispose();
        }
        finally
        {
            _lease.Dispose();
        }
    }

    internal static GpuModel ToGpuModel(EmbeddingModel model, int dimension)
    {
        BertConfig config = model.Config;
        BertWeights weights = model.Weights;
        return new GpuModel
        {
            HiddenSize = config.HiddenSize,
            AttentionHeads = config.AttentionHeads,
            VocabularySize = config.VocabularySize,
            TokenEmbeddings = weights.TokenEmbeddings.CopyRow,
            PositionEmbeddings = weights.PositionEmbeddings,
            TokenTypeEmbeddings = weights.TokenTypeEmbeddings,
            EmbeddingNorm = ToNorm(weights.EmbeddingNorm),
            LayerNormEpsilon = config.LayerNormEpsilon,
            Activation = ToActivation(config.Activation),
            Layers = [.. weights.Layers.Select(ToLayer)],
            Pooling = (GpuPooling)model.Pooling,
            DenseModules = [.. model.DenseModules.Select(module => (ToLinear(module.Linear), ToActivation(module.Activation)))],
            Dimension = dimension,
            Normalize = model.Normalize,
        };
    }

    private static GpuLayerWeights ToLayer(BertLayerWeights layer) => new()
    {
        Projections = ToProjections(layer.Query, layer.Key, layer.Value),
        AttentionOutput = ToLinear(layer.AttentionOutput),
        AttentionNorm = ToNorm(layer.AttentionNorm),
        Intermediate = ToLinear(layer.Intermediate),
        Output = ToLinear(layer.Output),
        OutputNorm = ToNorm(layer.OutputNorm),
    };

    // As on the CPU: three of a kind run as one.
    private static GpuLinearWeights[] ToProjections(LinearWeights query, LinearWeights key, LinearWeights value) => (query, key, value) switch
    {
        (TernaryLinearWeights q, TernaryLinearWeights k, TernaryLinearWeights v) when q.Matrix.Digits == k.Matrix.Digits && q.Matrix.Digits == v.Matrix.Digits =>
            [new(TernaryMatrix.Concatenate(q.Matrix, k.Matrix, v.Matrix), null, [.. q.Bias, .. k.Bias, .. v.Bias])],
        (DenseLinearWeights q, DenseLinearWeights k, DenseLinearWeights v) =>
            [new(null, [.. q.Matrix, .. k.Matrix, .. v.Matrix], [.. q.Bias, .. k.Bias, .. v.Bias])],
        _ => [ToLinear(query), ToLinear(key), ToLinear(value)],
    };

    private static GpuLinearWeights ToLinear(LinearWeights weights) => weights switch
    {
        TernaryLinearWeights ternary => new(ternary.Matrix, null, ternary.Bias),
        DenseLinearWeights dense => new(null, dense.Matrix, dense.Bias),
        _ => throw new NotSupportedException($"Linear weights of type {weights.GetType().Name} do not run on a GPU."),
    };

    private static GpuNormWeights ToNorm(LayerNormWeights norm) => new(norm.Gain, norm.Bias);

    private static GpuActivation ToActivation(Activation activation) => activation switch
    {
        Activation.Gelu => GpuActivation.Gelu,
        Activation.GeluTanh => GpuActivation.GeluTanh,
        Activation.Relu => GpuActivation.Relu,
        _ => throw new NotSupportedException($"The activation {activation} is not known here."),
    };

    private static GpuActivation ToActivation(DenseActivation activation) => activation switch
    {
        DenseActivation.Identity => GpuActivation.None,
        DenseActivation.Tanh => GpuActivation.Tanh,
        DenseActivation.Relu => GpuActivation.Relu,
        DenseActivation.Gelu => GpuActivation.Gelu,
        DenseActivation.Sigmoid => GpuActivation.Sigmoid,
        _ => throw new NotSupportedException($"The dense module's activation {activation} is not known here."),
    };
}
