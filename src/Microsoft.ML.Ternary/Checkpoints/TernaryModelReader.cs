// From a model file to a model. Every tensor's type and shape is checked against the configuration, and what is large is used
// where it lies in the file.
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Reads the tensors of a model file.</summary>
internal sealed class TernaryModelReader
{
    private readonly SafetensorsFile _file;
    private readonly EncoderConfig _config;

    private TernaryModelReader(SafetensorsFile file, EncoderConfig config)
    {
        _file = file;
        _config = config;
    }

    /// <summary>Reads a text model.</summary>
    /// <exception cref="CheckpointException">The file is of another format, newer, or damaged, or it holds an image model.</exception>
    public static EmbeddingModel Read(SafetensorsFile file)
    {
        Open(file);
        if (TernaryModelMetadata.HoldsImages(file))
            throw new CheckpointException(file.Name, null, "holds an image model; load it with TernaryModelFile.LoadImageModel, or embed a column of images with it.");
        BertConfig config = TernaryModelMetadata.ReadConfig(file);
        TernaryModelReader reader = new(file, config);
        (PoolingModes pooling, DenseModule[] dense, bool normalize) = TernaryModelMetadata.ReadModules(file, reader.Dense);
        return Consistent(file, () => new EmbeddingModel(
            config, TernaryModelMetadata.ReadTokenizer(file), reader.ReadWeights(config), pooling, dense, normalize, TernaryModelMetadata.ReadProvenance(file)));
    }

    /// <summary>Reads an image model.</summary>
    /// <exception cref="CheckpointException">The file is of another format, newer, or damaged, or it holds a text model.</exception>
    public static ImageEmbeddingModel ReadImageModel(SafetensorsFile file)
    {
        Open(file);
        if (!TernaryModelMetadata.HoldsImages(file))
            throw new CheckpointException(file.Name, null, "holds a text model; load it with TernaryModelFile.Load, or embed a column of text with it.");
        VisionConfig config = TernaryModelMetadata.ReadVisionConfig(file);
        TernaryModelReader reader = new(file, config);
        (PoolingModes pooling, DenseModule[] dense, bool normalize) = TernaryModelMetadata.ReadModules(file, reader.Dense);
        return Consistent(file, () => new ImageEmbeddingModel(
            config, TernaryModelMetadata.ReadProcessor(file), reader.ReadVisionWeights(config), pooling, dense, normalize, TernaryModelMetadata.ReadProvenance(file)));
    }

    private static void Open(SafetensorsFile file)
    {
        RequireVersion(file);
        TernaryModelChecksum.Verify(file);
    }

    private static TModel Consistent<TModel>(SafetensorsFile file, Func<TModel> create)
    {
        try
        {
            return create();
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(file.Name, null, $"is not consistent: {e.Message}", e);
        }
    }

    private static void RequireVersion(SafetensorsFile file)
    {
        if (!file.Metadata.TryGetValue(TernaryModelMetadata.FormatKey, out string? format) || format != TernaryModelMetadata.FormatName)
            throw new CheckpointException(file.Name, TernaryModelMetadata.FormatKey, $"is \"{format}\", not \"{TernaryModelMetadata.FormatName}\"; this is a safetensors file of another kind. If it is the weight file of a Hugging Face folder, load the folder.");
        if (!file.Metadata.TryGetValue(TernaryModelMetadata.VersionKey, out string? text) || !int.TryParse(text, out int version) || version < 1)
            throw new CheckpointException(file.Name, TernaryModelMetadata.VersionKey, $"is \"{text}\"; a version number was expected.");
        if (version > TernaryModelMetadata.Version)
            throw new CheckpointException(file.Name, TernaryModelMetadata.VersionKey, $"is {version}, but this library reads versions up to {TernaryModelMetadata.Version}; update Microsoft.ML.Ternary to load this model.");
    }

    private BertWeights ReadWeights(BertConfig config)
    {
        int hidden = config.HiddenSize;
        return new BertWeights
        {
            TokenEmbeddings = ReadTokenEmbeddings(config.VocabularySize, hidden),
            PositionEmbeddings = Floats(TernaryModelTensors.PositionEmbeddings, config.MaxPositions, hidden),
            TokenTypeEmbeddings = Floats(TernaryModelTensors.TokenTypeEmbeddings, config.TokenTypes, hidden),
            EmbeddingNorm = Norm(TernaryModelTensors.EmbeddingNorm),
            Layers = ReadLayers(),
        };
    }

    private VisionWeights ReadVisionWeights(VisionConfig config)
    {
        int hidden = config.HiddenSize, positions = config.PrefixTokens + config.PositionGrid * config.PositionGrid;
        return new VisionWeights
        {
            PatchProjection = Dense(TernaryModelTensors.PatchProjection, hidden, config.PatchLength),
            PrefixTokens = Floats(TernaryModelTensors.PrefixTokens, config.PrefixTokens, hidden),
            PositionEmbeddings = Floats(TernaryModelTensors.PositionEmbeddings, positions, hidden),
            EmbeddingNorm = _file.Tensors.ContainsKey(TernaryModelTensors.EmbeddingNorm + TernaryModelTensors.Weight) ? Norm(TernaryModelTensors.EmbeddingNorm) : null,
            Layers = ReadLayers(),
            FinalNorm = Norm(TernaryModelTensors.FinalNorm),
        };
    }

    private BertLayerWeights[] ReadLayers() =>
        [.. Enumerable.Range(0, _config.LayerCount).Select(i => ReadLayer(TernaryModelTensors.LayerPrefix(i)))];

    private BertLayerWeights ReadLayer(string prefix)
    {
        int hidden = _config.HiddenSize;
        int intermediate = _config.IntermediateSize;
        return new BertLayerWeights
        {
            Query = Linear(prefix + "attention.self.query", hidden, hidden),
            Key = Linear(prefix + "attention.self.key", hidden, hidden),
            Value = Linear(prefix + "attention.self.value", hidden, hidden),
            AttentionOutput = Linear(prefix + "attention.output.dense", hidden, hidden),
            AttentionNorm = Norm(prefix + TernaryModelTensors.AttentionNorm),
            Intermediate = Linear(prefix + "intermediate.dense", intermediate, hidden),
            Output = Linear(prefix + "output.dense", hidden, intermediate),
            OutputNorm = Norm(prefix + TernaryModelTensors.OutputNorm),
        };
    }

    private LinearWeights Linear(string name, int outputs, int inputs)
    {
        string codes = name + TernaryModelTensors.Ternary;
        if (!_file.Tensors.TryGetValue(codes, out TensorInfo? info))
            return Dense(name, outputs, inputs);
        if (info.Type != TensorType.U8 || info.Shape.Count != 3 || info.Shape[0] is < 1 or > 2)
            throw new CheckpointException(_file.Name, codes, "is not a U8 tensor of the shape [digits, rows, bytes of a row] with one or two digits.");
        int digits = (int)info.Shape[0];
        string scaleName = name + TernaryModelTensors.Scale;
        int scaleCount = Find(scaleName).Count == 1 ? 1 : outputs;
        try
        {
            TernaryMatrix matrix = TernaryMatrix.FromPacked(_file.GetBytes(codes), outputs, inputs, Floats(scaleName, scaleCount), digits);
            return new TernaryLinearWeights(matrix, Floats(name + TernaryModelTensors.Bias, outputs));
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(_file.Name, codes, e.Message, e);
        }
    }

    private DenseLinearWeights Dense(string name, int outputs, int inputs) =>
        new(outputs, inputs, Floats(name + TernaryModelTensors.Weight, outputs, inputs), Floats(name + TernaryModelTensors.Bias, outputs));

    private LayerNormWeights Norm(string name) =>
        new(Floats(name + TernaryModelTensors.Weight, _config.HiddenSize), Floats(name + TernaryModelTensors.Bias, _config.HiddenSize));

    private EmbeddingTable ReadTokenEmbeddings(int rows, int columns)
    {
        const string Name = TernaryModelTensors.TokenEmbeddings;
        if (_file.Tensors.ContainsKey(Name + TernaryModelTensors.Int8))
            return new Int8EmbeddingTable(
                Bytes(Name + TernaryModelTensors.Int8, TensorType.I8, rows, columns), Floats(Name + TernaryModelTensors.Scale, rows), rows, columns);
        if (_file.Tensors.ContainsKey(Name + TernaryModelTensors.Int4))
            return new Int4EmbeddingTable(
                Codes(Name + TernaryModelTensors.Int4, rows, columns, Int4EmbeddingTable.Bits), GroupScales(Name, rows, columns), rows, columns);
        if (_file.Tensors.ContainsKey(Name + TernaryModelTensors.Int3))
            return new Int3EmbeddingTable(
                Codes(Name + TernaryModelTensors.Int3, rows, columns, Int3EmbeddingTable.Bits), GroupScales(Name, rows, columns), rows, columns);
        const string Weight = Name + TernaryModelTensors.Weight;
        return Find(Weight).Type == TensorType.F16
            ? new Float16EmbeddingTable(Bytes(Weight, TensorType.F16, rows, columns), rows, columns)
            : new Float32EmbeddingTable(Floats(Weight, rows, columns), rows, columns);
    }

    private ReadOnlyMemory<byte> Codes(string name, int rows, int columns, int bits) =>
        Bytes(name, TensorType.U8, rows, GroupedEmbeddingTable.RowBytes(columns, bits));

    private ReadOnlyMemory<byte> GroupScales(string name, int rows, int columns) =>
        Bytes(name + TernaryModelTensors.Scale, TensorType.F16, rows, GroupedEmbeddingTable.Groups(columns));

    private ReadOnlyMemory<byte> Bytes(string name, TensorType type, params ReadOnlySpan<long> shape)
    {
        TensorInfo info = Find(name);
        if (info.Type != type)
            throw new CheckpointException(_file.Name, name, $"is {info.Type.HeaderName()}; {type.HeaderName()} was expected.");
        RequireShape(info, shape);
        return _file.GetBytes(name);
    }

    private float[] Floats(string name, params ReadOnlySpan<long> shape)
    {
        RequireShape(Find(name), shape);
        return _file.ReadSingles(name);
    }

    private void RequireShape(TensorInfo info, ReadOnlySpan<long> shape)
    {
        if (!shape.SequenceEqual(info.Shape.ToArray()))
            throw new CheckpointException(_file.Name, info.Name, $"has the shape [{string.Join(", ", info.Shape)}], but the configuration asks for [{string.Join(", ", shape.ToArray())}].");
    }

    private TensorInfo Find(string name) =>
        _file.Tensors.TryGetValue(name, out TensorInfo? info) ? info : throw new CheckpointException(_file.Name, name, "there is no such tensor in the file.");
}
