// The transformer that embeds a column of images. Like TernaryEmbeddingTransformer it carries the whole model.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

[assembly: LoadableClass("Embeds a column of images with a ternary embedding model.", typeof(TernaryImageEmbeddingTransformer), null,
    typeof(SignatureLoadModel), "Ternary Image Embedding", TernaryImageEmbeddingTransformer.LoaderSignature)]
[assembly: LoadableClass("Embeds a column of images with a ternary embedding model.", typeof(IDataTransform), typeof(TernaryImageEmbeddingTransformer), null,
    typeof(SignatureLoadDataTransform), "Ternary Image Embedding", TernaryImageEmbeddingTransformer.LoaderSignature)]

namespace Microsoft.ML.Ternary;

/// <summary>Adds a column of embeddings, computed from a column of images, as <see cref="TernaryImageEmbeddingEstimator"/> made
/// it.</summary>
/// <remarks>
/// <para>The added column is a vector of <see cref="Dimension"/> numbers of type <see cref="float"/>, annotated as normalised
/// where the model normalises.</para>
/// <para>An image that is absent or cannot be decoded is an error that names its row and file, or, with
/// <see cref="TernaryImageEmbeddingOptions.MissingForUnreadable"/>, a vector of NaN.</para>
/// <para>Data views made by <see cref="Transform"/> embed windows of rows at once, on all cores, unless the images themselves are
/// asked for too: those belong to their rows and are embedded one by one. An image's embedding is the same either way, and in a
/// <see cref="PredictionEngine{TSrc, TDst}"/>.</para>
/// </remarks>
public sealed class TernaryImageEmbeddingTransformer : ITransformer
{
    /// <summary>By this name ML.NET finds the loading code; at most 24 characters.</summary>
    internal const string LoaderSignature = "TernaryImageEmbedding";

    private readonly IHost _host;
    private readonly ImageEncoder _encoder;
    private readonly EmbeddingColumn _column;
    private readonly ImageInput _input;
    private readonly ImageWindow _window;

    internal TernaryImageEmbeddingTransformer(
        IHostEnvironment environment, ImageEncoder encoder, string outputColumnName, string inputColumnName, TernaryImageEmbeddingOptions options)
    {
        _host = environment.Register(nameof(TernaryImageEmbeddingTransformer));
        _encoder = encoder;
        _column = new EmbeddingColumn(outputColumnName, inputColumnName, encoder.Dimension, encoder.Model.Normalize, EmbeddingColumnKind.Image);
        _input = new ImageInput(_host, options);
        _window = new ImageWindow(encoder, options.MissingForUnreadable);
        Options = options;
    }

    /// <summary>Name of the vector column that is added.</summary>
    public string OutputColumnName => _column.OutputName;

    /// <summary>Name of the column that is embedded.</summary>
    public string InputColumnName => _column.InputName;

    /// <summary>Components of an embedding.</summary>
    public int Dimension => _column.Dimension;

    /// <summary>The model: preparation of images, packed weights, pooling, provenance.</summary>
    public ImageEmbeddingModel Model => _encoder.Model;

    /// <summary>The options it embeds with.</summary>
    public TernaryImageEmbeddingOptions Options { get; }

    /// <summary>Writes the model as one stand-alone file. An existing file is replaced once the new one is complete.</summary>
    /// <param name="path">The file.</param>
    /// <param name="storage">How to store it; null stores every number as it is, so that the file embeds bit for bit as this
    /// transformer does.</param>
    /// <exception cref="IOException">The file cannot be written; an existing one is then as it was.</exception>
    public void SaveModel(string path, TernaryModelFileOptions? storage = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        TernaryModelFile.Save(Model, path, storage ?? TernaryModelFileOptions.Exact);
    }

    /// <summary>The schema with the vector column added.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or no image, path or vector of pixels, or the output's
    /// name belongs to a column of another kind.</exception>
    /// <exception cref="InvalidOperationException">The input column is a vector of pixels, and the options do not say of what
    /// image.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        _input.CheckPixels(_column.Bind(_host, inputSchema));
        return new ColumnBindings(inputSchema, [_column.ToColumn()]).Schema;
    }

    /// <summary>The rows with the vector column added; nothing is embedded before a cursor asks for it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="GetOutputSchema"/>.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="GetOutputSchema"/>.</exception>
    public IDataView Transform(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        return MakeView(input);
    }

    bool ITransformer.IsRowToRowMapper => true;

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return MakeView(new EmptyDataView(_host, inputSchema));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        _host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        ctx.SaveNonEmptyString(OutputColumnName);
        ctx.SaveNonEmptyString(InputColumnName);
        ctx.Writer.Write(Options.Dimension);
        ctx.Writer.Write(Options.LookAheadRows);
        ctx.Writer.Write(Options.PixelWidth ?? 0);
        ctx.Writer.Write(Options.PixelHeight ?? 0);
        ctx.Writer.Write((int)Options.PixelLayout);
        ctx.Writer.Write(Options.MissingForUnreadable);
        SavedModel.Save(ctx, Model);
    }

    private static TernaryImageEmbeddingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(env, nameof(env));
        IHost host = env.Register(nameof(TernaryImageEmbeddingTransformer));
        host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());
        string output = ctx.LoadNonEmptyString();
        string input = ctx.LoadNonEmptyString();
        TernaryImageEmbeddingOptions options = new()
        {
            Dimension = ctx.Reader.ReadInt32(),
            LookAheadRows = ctx.Reader.ReadInt32(),
            PixelWidth = NullForZero(ctx.Reader.ReadInt32()),
            PixelHeight = NullForZero(ctx.Reader.ReadInt32()),
            PixelLayout = (PixelLayout)ctx.Reader.ReadInt32(),
            MissingForUnreadable = ctx.Reader.ReadBoolean(),
        };
        ImageEmbeddingModel model = SavedModel.Load(host, ctx, output, TernaryModelFile.LoadImageModel);
        options.Validate(model);
        return new TernaryImageEmbeddingTransformer(host, HostEncoder.Create(host, model, options), output, input, options);
    }

    private static IDataTransform Create(IHostEnvironment env, ModelLoadContext ctx, IDataView input) =>
        Create(env, ctx).MakeView(input);

    private static int? NullForZero(int value) => value == 0 ? null : value;

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "TERNIMAG",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(TernaryImageEmbeddingTransformer).Assembly.FullName);

    private LookAheadView<ImageItem> MakeView(IDataView input)
    {
        _input.CheckPixels(_column.Bind(_host, input.Schema));
        return new(_host, input, this, _column, _input, _window.Embed, Options.LookAheadRows);
    }
}
