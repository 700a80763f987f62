// From a model to the tensors of its file: what is stored under which name, in which form, and what kind of bytes it is.
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>A tensor of the file to be: its bytes are made only when it is written, not when it is counted.</summary>
internal sealed record PlannedTensor(string Kind, string Name, TensorType Type, long[] Shape, long Parameters, Func<ReadOnlyMemory<byte>> Bytes)
{
    public long Length => SafetensorsHeader.ByteLength(Shape, Type)
        ?? throw new InvalidOperationException($"The tensor {Name} is too large.");
}

/// <summary>Plans the tensors of a model file.</summary>
internal sealed class TernaryModelTensors
{
    public const string TokenEmbeddings = "embeddings.word_embeddings";
    public const string PositionEmbeddings = "embeddings.position_embeddings.weight";
    public const string TokenTypeEmbeddings = "embeddings.token_type_embeddings.weight";
    public const string EmbeddingNorm = "embeddings.LayerNorm";
    public const string PatchProjection = "embeddings.patch_embeddings.projection";
    public const string PrefixTokens = "embeddings.prefix_tokens";
    public const string FinalNorm = "encoder.LayerNorm";
    public const string AttentionNorm = "attention.output.LayerNorm";
    public const string OutputNorm = "output.LayerNorm";
    public const string Vocabulary = "tokenizer.vocabulary";

    public const string Weight = ".weight";
    public const string Bias = ".bias";
    public const string Scale = ".scale";
    public const string Ternary = ".ternary";
    public const string Int8 = ".int8";
    public const string Int4 = ".int4";
    public const string Int3 = ".int3";

    public const string TernaryKind = "ternary codes";
    public const string TernaryScaleKind = "ternary scales";
    public const string FullPrecisionKind = "full-precision layers";
    public const string TokenKind = "token embeddings";
    public const string PositionKind = "position and type embeddings";
    public const string PatchKind = "patch embeddings";
    public const string VectorKind = "biases and norms";
    public const string DenseKind = "dense modules";
    public const string VocabularyKind = "vocabulary";
    public const string HeaderKind = "header";

    private const float SmallestNormalHalf = 6.1035156e-5f;

    private readonly TernaryModelFileOptions _options;
    private readonly List<PlannedTensor> _tensors = [];

    private TernaryModelTensors(TernaryModelFileOptions options) => _options = options;

    public static IReadOnlyList<PlannedTensor> Plan(EncoderModel model, TernaryModelFileOptions options)
    {
        TernaryModelTensors plan = new(options);
        if (model is ImageEmbeddingModel image)
            plan.AddPatchEmbeddings(image.Config, image.Weights);
        else
            plan.AddTextEmbeddings((EmbeddingModel)model);
        IReadOnlyList<BertLayerWeights> layers = model.Weights.Layers;
        for (int i = 0; i < layers.Count; i++)
            plan.AddLayer(LayerPrefix(i), layers[i]);
        for (int i = 0; i < model.DenseModules.Count; i++)
            plan.AddDense(DenseKind, DenseKind, DensePrefix(i), model.DenseModules[i].Linear);
        return plan._tensors;
    }

    private void AddTextEmbeddings(EmbeddingModel model)
    {
        BertWeights weights = model.Weights;
        AddTokenEmbeddings(weights.TokenEmbeddings);
        AddFloats(PositionKind, PositionEmbeddings, weights.PositionEmbeddings, half: true, model.Config.MaxPositions, model.Config.HiddenSize);
        AddFloats(PositionKind, TokenTypeEmbeddings, weights.TokenTypeEmbeddings, half: true, model.Config.TokenTypes, model.Config.HiddenSize);
        AddNorm(EmbeddingNorm, weights.EmbeddingNorm);
        byte[] vocabulary = TernaryModelMetadata.WriteVocabulary(model.Tokenizer.Vocabulary);
        Add(VocabularyKind, Vocabulary, TensorType.U8, [vocabulary.Length], 0, () => vocabulary);
    }

    private void AddPatchEmbeddings(VisionConfig config, VisionWeights weights)
    {
        int hidden = config.HiddenSize;
        AddFloats(PatchKind, PatchProjection + Weight, weights.PatchProjection.Matrix, half: true, hidden, config.PatchLength);
        AddFloats(VectorKind, PatchProjection + Bias, weights.PatchProjection.Bias, _options.HalfPrecisionVectors, hidden);
        AddFloats(PatchKind, PrefixTokens, weights.PrefixTokens, half: true, config.PrefixTokens, hidden);
        AddFloats(PositionKind, PositionEmbeddings, weights.PositionEmbeddings, half: true, weights.PositionEmbeddings.Length / hidden, hidden);
        if (weights.EmbeddingNorm is not null)
            AddNorm(EmbeddingNorm, weights.EmbeddingNorm);
        AddNorm(FinalNorm, weights.FinalNorm);
    }

    public static string LayerPrefix(int index) => $"encoder.layer.{index}.";

    public static string DensePrefix(int index) => $"dense.{index}";

    private void AddLayer(string prefix, BertLayerWeights layer)
    {
        foreach ((string name, LinearWeights linear) in layer.Linears())
        {
            if (linear is TernaryLinearWeights ternary)
                AddTernary(prefix + name, ternary);
            else
                AddDense(FullPrecisionKind, VectorKind, prefix + name, (DenseLinearWeights)linear);
        }
        AddNorm(prefix + AttentionNorm, layer.AttentionNorm);
        AddNorm(prefix + OutputNorm, layer.OutputNorm);
    }

    private void AddTernary(string name, TernaryLinearWeights linear)
    {
        TernaryMatrix matrix = linear.Matrix;
        int rowBytes = matrix.Packed.Length / (matrix.Digits * matrix.Rows);
        Add(TernaryKind, name + Ternary, TensorType.U8, [matrix.Digits, matrix.Rows, rowBytes], (long)matrix.Rows * matrix.Columns, () => matrix.Packed);
        AddFloats(TernaryScaleKind, name + Scale, matrix.Scales, _options.HalfPrecisionVectors, matrix.Scales.Length);
        AddFloats(VectorKind, name + Bias, linear.Bias, _options.HalfPrecisionVectors, linear.Bias.Length);
    }

    private void AddDense(string kind, string biasKind, string name, DenseLinearWeights linear)
    {
        AddFloats(kind, name + Weight, linear.Matrix, _options.HalfPrecisionLayers, linear.OutputSize, linear.InputSize);
        AddFloats(biasKind, name + Bias, linear.Bias, _options.HalfPrecisionVectors, linear.OutputSize);
    }

    private void AddNorm(string name, LayerNormWeights norm)
    {
        AddFloats(VectorKind, name + Weight, norm.Gain, _options.HalfPrecisionVectors, norm.Gain.Length);
        AddFloats(VectorKind, name + Bias, norm.Bias, _options.HalfPrecisionVectors, norm.Bias.Length);
    }

    private void AddTokenEmbeddings(EmbeddingTable table)
    {
        long parameters = (long)table.Rows * table.Columns;
        switch (Format(table))
        {
            case TokenEmbeddingFormat.Float32:
                Add(TokenKind, TokenEmbeddings + Weight, TensorType.F32, [table.Rows, table.Columns], parameters, () => LittleEndian.View(Singles(table)));
                break;
            case TokenEmbeddingFormat.Float16:
                Add(TokenKind, TokenEmbeddings + Weight, TensorType.F16, [table.Rows, table.Columns], parameters,
                    () => (table as Float16EmbeddingTable ?? Float16EmbeddingTable.From(table)).Bytes);
                break;
            case TokenEmbeddingFormat.Int8:
                Lazy<Int8EmbeddingTable> int8 = new(() => table as Int8EmbeddingTable ?? Int8EmbeddingTable.From(table));
                Add(TokenKind, TokenEmbeddings + Int8, TensorType.I8, [table.Rows, table.Columns], parameters, () => int8.Value.Codes);
                Add(TokenKind, TokenEmbeddings + Scale, TensorType.F32, [table.Rows], 0, () => LittleEndian.View(int8.Value.Scales));
                break;
            case TokenEmbeddingFormat.Int4:
                AddGrouped(Int4, Int4EmbeddingTable.Bits, table, () => table as Int4EmbeddingTable ?? Int4EmbeddingTable.From(table));
                break;
            case TokenEmbeddingFormat.Int3:
                AddGrouped(Int3, Int3EmbeddingTable.Bits, table, () => table as Int3EmbeddingTable ?? Int3EmbeddingTable.From(table));
                break;
            case TokenEmbeddingFormat unknown:
                throw new ArgumentException($"TokenEmbeddings is {unknown}, which is no form that files have.");
        }
    }

    private void AddGrouped(string suffix, int bits, EmbeddingTable table, Func<GroupedEmbeddingTable> round)
    {
        Lazy<GroupedEmbeddingTable> rounded = new(round);
        long[] codes = [table.Rows, GroupedEmbeddingTable.RowBytes(table.Columns, bits)];
        Add(TokenKind, TokenEmbeddings + suffix, TensorType.U8, codes, (long)table.Rows * table.Columns, () => rounded.Value.Codes);
        Add(TokenKind, TokenEmbeddings + Scale, TensorType.F16, [table.Rows, GroupedEmbeddingTable.Groups(table.Columns)], 0, () => rounded.Value.ScaleBytes);
    }

    private TokenEmbeddingFormat Format(EmbeddingTable table) => _options.TokenEmbeddings ?? table switch
    {
        Float16EmbeddingTable => TokenEmbeddingFormat.Float16,
        Int8EmbeddingTable => TokenEmbeddingFormat.Int8,
        Int4EmbeddingTable => TokenEmbeddingFormat.Int4,
        Int3EmbeddingTable => TokenEmbeddingFormat.Int3,
        _ => _options.KeepAll ? TokenEmbeddingFormat.Float32 : TokenEmbeddingFormat.Int8,
    };

    private static float[] Singles(EmbeddingTable table)
    {
        if (table is Float32EmbeddingTable singles)
            return singles.Values;
        float[] values = new float[checked(table.Rows * table.Columns)];
        for (int i = 0; i < table.Rows; i++)
            table.CopyRow(i, values.AsSpan(i * table.Columns, table.Columns));
        return values;
    }

    private void AddFloats(string kind, string name, ReadOnlyMemory<float> values, bool half, params long[] shape)
    {
        long parameters = kind == TernaryScaleKind ? 0 : values.Length;
        // A scale below float16's normal range would lose more than the last digits.
        float least = kind == TernaryScaleKind ? SmallestNormalHalf : 0;
        if (half && !_options.KeepAll && FitsHalf(values.Span, least) || IsHalf(values.Span))
            Add(kind, name, TensorType.F16, shape, parameters, () => LittleEndian.ToHalfBytes(values.Span));
        else
            Add(kind, name, TensorType.F32, shape, parameters, () => LittleEndian.View(values));
    }

    /// <summary>Whether no value but zero is too large for float16 or smaller than <paramref name="least"/>.</summary>
    private static bool FitsHalf(ReadOnlySpan<float> values, float least)
    {
        foreach (float value in values)
            if (!Half.IsFinite((Half)value) || (value != 0 && MathF.Abs(value) < least))
                return false;
        return true;
    }

    /// <summary>Whether float16 holds every value exactly.</summary>
    private static bool IsHalf(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
            if ((float)(Half)value != value)
                return false;
        return true;
    }

    private void Add(string kind, string name, TensorType type, long[] shape, long parameters, Func<ReadOnlyMemory<byte>> bytes) =>
        _tensors.Add(new PlannedTensor(kind, name, type, shape, parameters, bytes));
}
