// The transformer that embeds a text column. It carries the whole model, so that an ML.NET zip needs nothing beside it: the
// zip holds the same bytes as the stand-alone ternary file, and the names and options of the column.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;

[assembly: LoadableClass("Embeds a text column with a ternary embedding model.", typeof(TernaryEmbeddingTransformer), null,
    typeof(SignatureLoadModel), "Ternary Text Embedding", TernaryEmbeddingTransformer.LoaderSignature)]
[assembly: LoadableClass("Embeds a text column with a ternary embedding model.", typeof(IDataTransform), typeof(TernaryEmbeddingTransformer), null,
    typeof(SignatureLoadDataTransform), "Ternary Text Embedding", TernaryEmbeddingTransformer.LoaderSignature)]

namespace Microsoft.ML.Ternary;

/// <summary>Adds a column of embeddings, computed from a column of text, as <see cref="TernaryEmbeddingEstimator"/> or
/// <see cref="TernaryDistillEstimator"/> made it.</summary>
/// <remarks>
/// <para>The added column is a vector of <see cref="Dimension"/> numbers of type <see cref="float"/>, annotated as normalised
/// where the model normalises, so that ML.NET's trainers do not normalise it again. Null, empty and blank text embeds as the
/// empty sequence does.</para>
/// <para>Data views made by <see cref="Transform"/> embed windows of rows at once, on all cores; several cursors may run at
/// once and share the weights. A text's embedding is the same in a data view, in any window, and in a
/// <see cref="PredictionEngine{TSrc, TDst}"/>.</para>
/// <para><c>mlContext.Model.Save</c> and <c>Load</c> work as with ML.NET's own transformers, in any process that has this
/// assembly beside it; nothing has to be registered.</para>
/// </remarks>
public sealed class TernaryEmbeddingTransformer : ITransformer, IDisposable
{
    /// <summary>By this name ML.NET finds the loading code; at most 24 characters.</summary>
    internal const string LoaderSignature = "TernaryTextEmbedding";

    private readonly IHost _host;
    private readonly SharedEncoder _shared;
    private readonly TextEncoder _encoder;
    private readonly EmbeddingColumn _column;
    private int _disposed;

    internal TernaryEmbeddingTransformer(
        IHostEnvironment environment, SharedEncoder encoder, string outputColumnName, string inputColumnName, TernaryEmbeddingOptions options)
    {
        _host = environment.Register(nameof(TernaryEmbeddingTransformer));
        _shared = encoder;
        _encoder = encoder.Borrow();
        _column = new EmbeddingColumn(outputColumnName, inputColumnName, _encoder.Dimension, _encoder.Model.Normalize);
        Options = options;
    }

    private TernaryEmbeddingTransformer(IHost host, ModelLoadContext context)
    {
        _host = host;
        string output = context.LoadNonEmptyString();
        string input = context.LoadNonEmptyString();
        Options = new TernaryEmbeddingOptions
        {
            Prefix = context.LoadString(),
            Dimension = context.Reader.ReadInt32(),
            MaxLength = context.Reader.ReadInt32(),
            LookAheadRows = context.Reader.ReadInt32(),
        };
        EmbeddingModel model = SavedModel.Load(host, context, output, TernaryModelFile.Load);
        Options.Validate(model);
        _shared = new SharedEncoder(() => HostEncoder.Create(host, model, Options));
        _encoder = _shared.Borrow();
        _column = new EmbeddingColumn(output, input, _encoder.Dimension, model.Normalize);
    }

    /// <summary>Name of the vector column that is added.</summary>
    public string OutputColumnName => _column.OutputName;

    /// <summary>Name of the text column that is embedded.</summary>
    public string InputColumnName => _column.InputName;

    /// <summary>Components of an embedding.</summary>
    public int Dimension => _column.Dimension;

    /// <summary>The model: tokenizer, packed weights, pooling, provenance.</summary>
    public EmbeddingModel Model => _encoder.Model;

    /// <summary>The options it embeds with.</summary>
    public TernaryEmbeddingOptions Options { get; }

    /// <summary>What distillation cost and kept, where this transformer comes from a <see cref="TernaryDistillEstimator"/>; it
    /// is not saved (the model's provenance is).</summary>
    public DistillationReport? Report { get; internal init; }

    /// <summary>Writes the model as one stand-alone file, from which
    /// <see cref="TernaryCatalog.ApplyTernaryEmbedding(TransformsCatalog.TextTransforms, string, string?, string, TernaryEmbeddingOptions?)"/>
    /// embeds. An existing file is replaced once the new one is complete.</summary>
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
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or not scalar text, or the output's name belongs
    /// to a column of another kind.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        _column.Bind(_host, inputSchema);
        return new ColumnBindings(inputSchema, [_column.ToColumn()]).Schema;
    }

    /// <summary>The rows with the vector column added; nothing is embedded before a cursor asks for it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="GetOutputSchema"/>.</exception>
    public IDataView Transform(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        return MakeView(input);
    }

    /// <summary>Gives back the memory of a GPU, once all transformers of the same estimator have; embedding is refused from then
    /// on. On the CPU there is nothing to give back, and the transformer stays as it is.</summary>
    /// <remarks>ML.NET calls this too: a prediction engine that owns its transformer, and a chain, dispose what they hold.</remarks>
    public void Dispose()
    {
        if (_encoder.RunsOnGpu && Interlocked.Exchange(ref _disposed, 1) == 0)
            _shared.Return();
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
        ctx.SaveString(Options.Prefix);
        ctx.Writer.Write(Options.Dimension);
        ctx.Writer.Write(Options.MaxLength);
        ctx.Writer.Write(Options.LookAheadRows);
        SavedModel.Save(ctx, Model);
    }

    private static TernaryEmbeddingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(env, nameof(env));
        IHost host = env.Register(nameof(TernaryEmbeddingTransformer));
        host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());
        return new TernaryEmbeddingTransformer(host, ctx);
    }

    private static IDataTransform Create(IHostEnvironment env, ModelLoadContext ctx, IDataView input) =>
        Create(env, ctx).MakeView(input);

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "TERNTEXT",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(TernaryEmbeddingTransformer).Assembly.FullName);

    private LookAheadView<string?> MakeView(IDataView input) =>
        new(_host, input, this, _column, TextInput.Instance, Embed, Options.LookAheadRows);

    private void Embed(IReadOnlyList<string?> texts, Span<float> output, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        _encoder.Embed(texts, output, cancellation);
    }
}
