// The sum of token, position and type embeddings, before the first layer norm: trained, or shared with the teacher as it is.
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

internal sealed class TorchEmbeddings : IDisposable
{
    private readonly Tensor _positions, _tokenType;
    private readonly Tensor? _tokens;
    private readonly TokenTableTrainable? _trainedTokens;
    private readonly Trainable? _trainedPositions;
    private readonly TokenEmbeddingFormat _format;

    public TorchEmbeddings(BertConfig config, BertWeights weights, TokenEmbeddingFormat format, bool train, Device device)
    {
        _format = format;
        long[] tokenShape = [config.VocabularySize, config.HiddenSize], positionShape = [config.MaxPositions, config.HiddenSize];
        _tokenType = TorchBert.FromArray(weights.TokenTypeEmbeddings.AsSpan(0, config.HiddenSize).ToArray(), [1, config.HiddenSize], device);
        if (!train)
        {
            _tokens = TorchBert.FromArray(ToArray(Stored(weights.TokenEmbeddings, format)), tokenShape, device);
            _positions = TorchBert.FromArray(weights.PositionEmbeddings, positionShape, device);
            return;
        }
        _trainedTokens = new TokenTableTrainable(
            "embeddings.word_embeddings.weight", ToArray(weights.TokenEmbeddings), config.HiddenSize, Rounding(format), device);
        _trainedPositions = new Trainable("embeddings.position_embeddings.weight", weights.PositionEmbeddings, positionShape, ScalarType.Float32, device);
        _trainedPositions.Publish();
        _positions = _trainedPositions.Leaf;
    }

    /// <summary>What is trained: nothing, or tokens and positions.</summary>
    public IEnumerable<Trainable> Trainables => _trainedTokens is null ? [] : [_trainedTokens, _trainedPositions!];

    /// <summary>Token ids, batch x length, to embeddings, batch x length x hidden.</summary>
    public Tensor Forward(Tensor ids)
    {
        Tensor tokens = _trainedTokens?.Forward(ids) ?? _tokens!.index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], -1);
        return tokens.Plus(_positions.narrow(0, 0, ids.shape[1])).Plus(_tokenType);
    }

    /// <summary>The weights with the present embeddings, tokens in their stored form.</summary>
    public BertWeights Export(BertWeights start) => start with
    {
        TokenEmbeddings = Stored(
            _trainedTokens is null
                ? start.TokenEmbeddings
                : new Float32EmbeddingTable((float[])_trainedTokens.Values.Clone(), start.TokenEmbeddings.Rows, start.TokenEmbeddings.Columns),
            _format),
        PositionEmbeddings = (float[]?)_trainedPositions?.Values.Clone() ?? start.PositionEmbeddings,
    };

    public void Dispose()
    {
        foreach (IDisposable? part in new IDisposable?[] { _tokens, _positions, _tokenType, _trainedTokens, _trainedPositions })
            part?.Dispose();
    }

    // Int8 and wider forms cost nothing that can be measured, and are not simulated.
    private static GroupRounding? Rounding(TokenEmbeddingFormat format) => format switch
    {
        TokenEmbeddingFormat.Int3 => new GroupRounding(bits: 3),
        TokenEmbeddingFormat.Int4 => new GroupRounding(bits: 4),
        _ => null,
    };

    private static EmbeddingTable Stored(EmbeddingTable table, TokenEmbeddingFormat format) => format switch
    {
        TokenEmbeddingFormat.Int3 => Int3EmbeddingTable.From(table),
        TokenEmbeddingFormat.Int4 => Int4EmbeddingTable.From(table),
        _ => table,
    };

    private static float[] ToArray(EmbeddingTable table)
    {
        var values = new float[checked(table.Rows * table.Columns)];
        for (int row = 0; row < table.Rows; row++)
            table.CopyRow(row, values.AsSpan(row * table.Columns, table.Columns));
        return values;
    }
}
