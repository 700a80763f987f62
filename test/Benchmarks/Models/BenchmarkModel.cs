// The models that are measured: three shapes that people deploy. The smallest is the shipped model with its real weights; for
// speed weights may be random, so the larger two are, with the same spread of codes in every run.
using System.Runtime.InteropServices;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;
using Samples.Common;

namespace Benchmarks.Models;

/// <summary>A model to measure.</summary>
/// <param name="Name">Its name on the command line and in results.</param>
/// <param name="Layers">Number of layers.</param>
/// <param name="Hidden">Hidden size.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Intermediate">Intermediate size.</param>
/// <param name="RealWeights">Whether the weights are trained ones.</param>
internal sealed record BenchmarkModel(string Name, int Layers, int Hidden, int Heads, int Intermediate, bool RealWeights)
{
    private const int Seed = 1, VocabularySize = 30522, MaxPositions = 512;

    /// <summary>All models, smallest first.</summary>
    public static IReadOnlyList<BenchmarkModel> All { get; } =
    [
        new("minilm-l6", 6, 384, 12, 1536, RealWeights: true),
        new("bert-base", 12, 768, 12, 3072, RealWeights: false),
        new("bert-large", 24, 1024, 16, 4096, RealWeights: false),
    ];

    /// <summary>Multiply-adds of all linear layers for one token; attention's own products are not counted.</summary>
    public double LinearMultiplyAddsPerToken => Layers * (4.0 * Hidden * Hidden + 2.0 * Hidden * Intermediate);

    /// <summary>The shape as a model states it.</summary>
    public BertConfig Config => new()
    {
        VocabularySize = VocabularySize,
        HiddenSize = Hidden,
        LayerCount = Layers,
        AttentionHeads = Heads,
        IntermediateSize = Intermediate,
        MaxPositions = MaxPositions,
    };

    /// <summary>The model of a name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static BenchmarkModel Parse(string name) => All.FirstOrDefault(model => model.Name == name)
        ?? throw new FormatException($"There is no model '{name}'; there are {string.Join(", ", All.Select(model => model.Name))}.");

    /// <summary>Loads or makes the model, with every linear layer ternary and token embeddings as ternary files store them.</summary>
    public EmbeddingModel Create()
    {
        EmbeddingModel shipped = EmbeddingModelFile.Load(RepositoryFiles.OneDigitModel);
        if (RealWeights)
            return shipped;
        return new EmbeddingModel(Config, shipped.Tokenizer, RandomWeights(Config), PoolingModes.Mean, [], normalize: true);
    }

    private static BertWeights RandomWeights(BertConfig config)
    {
        Random random = new(Seed);
        int hidden = config.HiddenSize;
        Float32EmbeddingTable tokens = new(Numbers(random, config.VocabularySize * hidden, 0, 1), config.VocabularySize, hidden);
        return new BertWeights
        {
            TokenEmbeddings = Int8EmbeddingTable.From(tokens),
            PositionEmbeddings = Numbers(random, config.MaxPositions * hidden, 0, 0.3f),
            TokenTypeEmbeddings = Numbers(random, config.TokenTypes * hidden, 0, 0.3f),
            EmbeddingNorm = Norm(random, hidden),
            Layers = [.. Enumerable.Range(0, config.LayerCount).Select(_ => RandomLayer(random, hidden, config.IntermediateSize))],
        };
    }

    private static BertLayerWeights RandomLayer(Random random, int hidden, int intermediate) => new()
    {
        Query = Linear(random, hidden, hidden),
        Key = Linear(random, hidden, hidden),
        Value = Linear(random, hidden, hidden),
        AttentionOutput = Linear(random, hidden, hidden),
        AttentionNorm = Norm(random, hidden),
        Intermediate = Linear(random, intermediate, hidden),
        Output = Linear(random, hidden, intermediate),
        OutputNorm = Norm(random, hidden),
    };

    // A third each of -1, 0 and 1; the scales keep the variance of what passes through, as trained layers about do.
    private static TernaryLinearWeights Linear(Random random, int outputs, int inputs)
    {
        sbyte[] codes = new sbyte[outputs * inputs];
        random.NextBytes(MemoryMarshal.AsBytes(codes.AsSpan()));
        foreach (ref sbyte code in codes.AsSpan())
            code = (sbyte)((byte)code % 3 - 1);
        float scale = MathF.Sqrt(1.5f / inputs);
        float[] scales = Numbers(random, outputs, scale, 0.1f * scale);
        return new TernaryLinearWeights(TernaryMatrix.FromCodes(codes, outputs, inputs, scales), Numbers(random, outputs, 0, 0.02f));
    }

    private static LayerNormWeights Norm(Random random, int size) => new(Numbers(random, size, 1, 0.02f), Numbers(random, size, 0, 0.02f));

    // Evenly spread, with the mean and standard deviation asked for.
    private static float[] Numbers(Random random, int count, float mean, float deviation)
    {
        float[] numbers = new float[count];
        float width = deviation * MathF.Sqrt(12);
        for (int i = 0; i < count; i++)
            numbers[i] = mean + width * (random.NextSingle() - 0.5f);
        return numbers;
    }
}
