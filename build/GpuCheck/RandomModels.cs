// Models of the known shapes with random ternary weights: speed does not depend on what they say.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.GpuCheck;

internal static class RandomModels
{
    /// <summary>Tokens of the longest sequence.</summary>
    public const int Positions = 512;

    private const int Vocabulary = 2000;

    /// <summary>Layers, hidden size, heads of a shape.</summary>
    public static (int Layers, int Hidden, int Heads) ShapeOf(string name) => name switch
    {
        "tiny" => (2, 144, 2),
        "minilm-l6" => (6, 384, 12),
        "bert-base" => (12, 768, 12),
        "bert-large" => (24, 1024, 16),
        _ => throw new ArgumentException($"There is no model {name}; choose minilm-l6, bert-base or bert-large."),
    };

    /// <summary>A model whose layers all have the same weights; each layer is packed and uploaded for itself.</summary>
    public static EmbeddingModel Create(string name)
    {
        (int layers, int hidden, int heads) = ShapeOf(name);
        Random random = new(1);
        BertConfig config = new()
        {
            VocabularySize = Vocabulary,
            HiddenSize = hidden,
            LayerCount = layers,
            AttentionHeads = heads,
            IntermediateSize = 4 * hidden,
            MaxPositions = Positions,
        };
        LayerNormWeights norm = new([.. Enumerable.Repeat(1f, hidden)], new float[hidden]);
        BertLayerWeights layer = new()
        {
            Query = Linear(random, hidden, hidden),
            Key = Linear(random, hidden, hidden),
            Value = Linear(random, hidden, hidden),
            AttentionOutput = Linear(random, hidden, hidden),
            AttentionNorm = norm,
            Intermediate = Linear(random, 4 * hidden, hidden),
            Output = Linear(random, hidden, 4 * hidden),
            OutputNorm = norm,
        };
        BertWeights weights = new()
        {
            TokenEmbeddings = new Float32EmbeddingTable(Values(random, Vocabulary * hidden), Vocabulary, hidden),
            PositionEmbeddings = Values(random, Positions * hidden),
            TokenTypeEmbeddings = Values(random, config.TokenTypes * hidden),
            EmbeddingNorm = norm,
            Layers = [.. Enumerable.Repeat(layer, layers)],
        };
        string[] special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        TokenizerDefinition tokenizer = new()
        {
            Vocabulary = [.. special, .. Enumerable.Range(special.Length, Vocabulary - special.Length).Select(i => $"w{i}")],
            MaxLength = Positions,
        };
        return new EmbeddingModel(config, tokenizer, weights, PoolingModes.Mean, [], normalize: true);
    }

    private static TernaryLinearWeights Linear(Random random, int outputs, int inputs)
    {
        sbyte[] codes = new sbyte[outputs * inputs];
        for (int i = 0; i < codes.Length; i++)
            codes[i] = (sbyte)random.Next(-1, 2);

        // Outputs of the size of the inputs.
        return new TernaryLinearWeights(TernaryMatrix.FromCodes(codes, outputs, inputs, [1 / MathF.Sqrt(inputs)]), Values(random, outputs));
    }

    private static float[] Values(Random random, int count)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (random.NextSingle() - 0.5f) * 0.5f;
        return values;
    }
}
