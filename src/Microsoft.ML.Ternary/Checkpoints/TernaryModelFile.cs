// The stand-alone model file: one safetensors file that holds everything of a model, so that copying one file is all there is
// to deploying it. The same bytes lie in the ML.NET zip.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Saves and loads a model as one file.</summary>
/// <remarks>
/// <para>The file is a valid safetensors file. Its metadata say what it is: <c>format</c> ("ternary-embedding-model"), <c>version</c>,
/// <c>checksum</c> (CRC-32C over header and data), <c>config</c> (in the words of Hugging Face's config.json), <c>tokenizer</c> or, of
/// an image model, <c>images</c> (in the words of preprocessor_config.json), <c>modules</c> (pooling, dense, normalize) and
/// <c>provenance</c>. Text models have version 1, image models version 2.</para>
/// <para>Tensors have the names of Hugging Face checkpoints. A ternary layer has <c>NAME.ternary</c>, U8 of the shape [digits, rows,
/// bytes of a row], five codes a byte in base 3, each row beginning on a byte; <c>NAME.scale</c>, one for the matrix or one a row; and
/// <c>NAME.bias</c>. A layer in full precision has <c>NAME.weight</c> and <c>NAME.bias</c>. Token embeddings are <c>.weight</c> (F32 or
/// F16), <c>.int8</c> with a scale a row, or <c>.int4</c> or <c>.int3</c> with a scale for every 32 values. <c>tokenizer.vocabulary</c>
/// holds the tokens, one a line. An image model has <c>embeddings.patch_embeddings.projection</c>, <c>embeddings.prefix_tokens</c> and
/// <c>encoder.LayerNorm</c> instead of tokens.</para>
/// <para>The same model and options give the same bytes.</para>
/// </remarks>
public static class TernaryModelFile
{
    /// <summary>Saves a model in one step: to a temporary file in the same folder, then renamed.</summary>
    /// <param name="model">The model; its linear layers may be ternary, in full precision, or mixed.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How to store it; null for int8 token embeddings, float16 positions and float32 for what is small.</param>
    /// <exception cref="CheckpointException">The file could not be written; an old file of that name is as it was.</exception>
    public static void Save(EncoderModel model, string path, TernaryModelFileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        (byte[] header, TensorData[] tensors) = Compose(model, options);
        CheckpointFile.Write(path, stream => Write(stream, header, tensors));
    }

    /// <summary>Writes a model to a stream, from its position on; the stream need not be able to seek.</summary>
    /// <exception cref="IOException">The stream could not be written.</exception>
    public static void Save(EncoderModel model, Stream stream, TernaryModelFileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(stream);
        (byte[] header, TensorData[] tensors) = Compose(model, options);
        Write(stream, header, tensors);
    }

    /// <summary>Loads a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="memoryMap">
    /// Whether large weights stay in the file, mapped into memory and shared between processes. The file must then not be changed in
    /// place while the model is in use (saving to it again replaces it and is safe; on Windows it is refused).
    /// </param>
    /// <exception cref="CheckpointException">The file is absent, damaged, of another format or of a newer version.</exception>
    public static EmbeddingModel Load(string path, bool memoryMap = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return TernaryModelReader.Read(Open(path, memoryMap));
    }

    /// <summary>Loads an image model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="memoryMap">As for <see cref="Load(string, bool)"/>.</param>
    /// <exception cref="CheckpointException">The file is absent, damaged, of another format or of a newer version, or holds a text
    /// model.</exception>
    public static ImageEmbeddingModel LoadImageModel(string path, bool memoryMap = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return TernaryModelReader.ReadImageModel(Open(path, memoryMap));
    }

    /// <summary>Loads an image model from a stream, from its position to its end.</summary>
    /// <param name="stream">The stream; it need not be able to seek.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="CheckpointException">The content is damaged, of another format or of a newer version, or a text model.</exception>
    public static ImageEmbeddingModel LoadImageModel(Stream stream, string name = "model stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        return TernaryModelReader.ReadImageModel(Open(stream, name));
    }

    /// <summary>Loads a model from a stream, from its position to its end.</summary>
    /// <param name="stream">The stream; it need not be able to seek.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="CheckpointException">The content is damaged, of another format or of a newer version.</exception>
    public static EmbeddingModel Load(Stream stream, string name = "model stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        return TernaryModelReader.Read(Open(stream, name));
    }

    /// <summary>The model as it will be after saving and loading: with its embeddings and small weights rounded as the options say.</summary>
    /// <remarks>What is used should be what is stored, so that a saved pipeline gives the same numbers as the one that was saved.</remarks>
    public static TModel AsStored<TModel>(TModel model, TernaryModelFileOptions? options = null) where TModel : EncoderModel
    {
        using MemoryStream stream = new();
        Save(model, stream, options);
        stream.Position = 0;
        EncoderModel stored = model is ImageEmbeddingModel ? LoadImageModel(stream) : Load(stream);
        return (TModel)stored;
    }

    /// <summary>The size of a model's file by kind, without writing it.</summary>
    public static ModelFileAccounting Accounting(EncoderModel model, TernaryModelFileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        IReadOnlyList<PlannedTensor> plan = TernaryModelTensors.Plan(model, options ?? new TernaryModelFileOptions());
        List<ModelFileEntry> entries = [.. plan.GroupBy(t => t.Kind).Select(g => new ModelFileEntry(g.Key, g.Sum(t => t.Parameters), g.Sum(t => t.Length)))];
        TensorInfo[] infos = [.. SafetensorsWriter.Order(plan.Select(t => new TensorInfo(t.Name, t.Type, t.Shape, 0, t.Length)), t => t.Type, t => t.Name)];
        entries.Add(new ModelFileEntry(TernaryModelTensors.HeaderKind, 0, SafetensorsWriter.Header(infos, Metadata(model)).Length));
        return new ModelFileAccounting([.. entries.OrderByDescending(e => e.Bytes)]);
    }

    private static SafetensorsFile Open(string path, bool memoryMap)
    {
        if (memoryMap)
            return SafetensorsFile.Open(path);
        byte[] bytes = Files.ReadIfThere(path) ?? throw new CheckpointException(path, null, "there is no such file.");
        return SafetensorsFile.FromMemory(bytes, path);
    }

    private static SafetensorsFile Open(Stream stream, string name)
    {
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return SafetensorsFile.FromMemory(copy.ToArray(), name);
    }

    private static (byte[] Header, TensorData[] Tensors) Compose(EncoderModel model, TernaryModelFileOptions? options)
    {
        IReadOnlyList<PlannedTensor> plan = TernaryModelTensors.Plan(model, options ?? new TernaryModelFileOptions());
        TensorData[] tensors = SafetensorsWriter.Order([.. plan.Select(t => new TensorData(t.Name, t.Type, t.Shape, t.Bytes()))]);
        byte[] header = SafetensorsWriter.Header([.. tensors.Select(t => t.Info)], Metadata(model));
        TernaryModelChecksum.Set(header, tensors.Select(t => t.Bytes));
        return (header, tensors);
    }

    private static Dictionary<string, string> Metadata(EncoderModel model)
    {
        Dictionary<string, string> metadata = TernaryModelMetadata.Write(model);
        metadata.Add(TernaryModelChecksum.Key, TernaryModelChecksum.Unset);
        return metadata;
    }

    private static void Write(Stream stream, byte[] header, TensorData[] tensors)
    {
        stream.Write(header);
        foreach (TensorData tensor in tensors)
            stream.Write(tensor.Bytes.Span);
    }
}
