// The sum of token, position and type embeddings, before the first layer norm: trained, or shared with the teacher as it is.
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

internal sealed class TorchEmbeddings : IDisposable
{
    private readonly Tensor _tokens, _positions, _tokenType;
    private readonly Trainable? _trainedTokens, _trainedPositions;

    public TorchEmbeddings(BertConfig config, BertWeights weights, bool train, Device device)
    {
        long[] tokenShape = [config.VocabularySize, config.HiddenSize], positionShape = [config.MaxPositions, config.HiddenSize];
        _tokenType = TorchBert.FromArray(weights.TokenTypeEmbeddings.AsSpan(0, config.HiddenSize).ToArray(), [1, config.HiddenSize], device);
        if (!train)
        {
            _tokens = TorchBert.FromArray(ToArray(weights.TokenEmbeddings), tokenShape, device);
            _positions = TorchBert.FromArray(weights.PositionEmbeddings, positionShape, device);
            return;
        }
        _trainedTokens = new Trainable("embeddings.word_embeddings.weight", ToArray(weights.TokenEmbeddings), tokenShape, ScalarType.Float32, device);
        _trainedPositions = new Trainable("embeddings.position_embeddings.weight", weights.PositionEmbeddings, positionShape, ScalarType.Float32, device);
        foreach (Trainable trainable in Trainables)
            trainable.Publish();
        (_tokens, _positions) = (_trainedTokens.Leaf, _trainedPositions.Leaf);
    }

    /// <summary>What is trained: nothing, or tokens and positions.</summary>
    public IEnumerable<Trainable> Trainables => _trainedTokens is null ? [] : [_trainedTokens, _trainedPositions!];

    /// <summary>Token ids, batch x length, to embeddings, batch x length x hidden.</summary>
    public Tensor Forward(Tensor ids)
    {
        Tensor tokens = _tokens.index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], -1);
        return tokens + _positions.narrow(0, 0, ids.shape[1]) + _tokenType;
    }

    /// <summary>The weights with the present embeddings.</summary>
    public BertWeights Export(BertWeights start) => _trainedTokens is null ? start : start with
    {
        TokenEmbeddings = new Float32EmbeddingTable((float[])_trainedTokens.Values.Clone(), start.TokenEmbeddings.Rows, start.TokenEmbeddings.Columns),
        PositionEmbeddings = (float[])_trainedPositions!.Values.Clone(),
    };

    public void Dispose()
    {
        foreach (Tensor tensor in new[] { _tokens, _positions, _tokenType })
            tensor.Dispose();
    }

    private static float[] ToArray(EmbeddingTable table)
    {
        var values = new float[checked(table.Rows * table.Columns)];
        for (int row = 0; row < table.Rows; row++)
            table.CopyRow(row, values.AsSpan(row * table.Columns, table.Columns));
        return values;
    }
}
