// A saved image model in a pipeline, as TernaryEmbeddingEstimator is for text.
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary;

/// <summary>Embeds a column of images with a model that exists already: a ternary model file, or a Hugging Face folder of a vision
/// transformer in full precision.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// |  |  |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Input column data type | [MLImage](xref:Microsoft.ML.Data.MLImage), [Text](xref:Microsoft.ML.Data.TextDataViewType) (the path of an image file), or a vector of [Byte](xref:System.Byte) or [Single](xref:System.Single) of known size (pixels, 0 to 255) |
/// | Output column data type | Vector of [Single](xref:System.Single), of known size |
/// | Required NuGet in addition to Microsoft.ML | Microsoft.ML.Ternary |
/// | Exportable to ONNX | No |
///
/// Paths are read, decoded and resized on all threads ahead of the encoder; a column of images is decoded by the transform that
/// makes it, one by one.
///
/// Create it with
/// [ApplyTernaryImageEmbedding](xref:Microsoft.ML.TernaryCatalog.ApplyTernaryImageEmbedding*).
/// ]]></format>
/// </remarks>
public sealed class TernaryImageEmbeddingEstimator : IEstimator<TernaryImageEmbeddingTransformer>
{
    private readonly IHost _host;
    private readonly ImageEncoder _encoder;
    private readonly EmbeddingColumn _column;
    private readonly TernaryImageEmbeddingOptions _options;

    internal TernaryImageEmbeddingEstimator(
        IHostEnvironment environment, string outputColumnName, string? inputColumnName, ImageEmbeddingModel model, TernaryImageEmbeddingOptions? options)
    {
        Contracts.CheckValue(environment, nameof(environment));
        _host = environment.Register(nameof(TernaryImageEmbeddingEstimator));
        _host.CheckNonWhiteSpace(outputColumnName, nameof(outputColumnName));
        _host.CheckValue(model, nameof(model));
        if (inputColumnName is not null)
            _host.CheckNonWhiteSpace(inputColumnName, nameof(inputColumnName));
        _options = options ?? new TernaryImageEmbeddingOptions();
        _options.Validate(model);
        _encoder = HostEncoder.Create(_host, model, _options);
        _column = new EmbeddingColumn(
            outputColumnName, inputColumnName ?? outputColumnName, _options.DimensionOf(model), model.Normalize, EmbeddingColumnKind.Image);
    }

    /// <summary>Checks the schema and makes the transformer; no row is read. The transformers of one estimator share the
    /// weights.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or no image, path or vector of pixels, or the output's
    /// name belongs to a column of another kind.</exception>
    /// <exception cref="InvalidOperationException">The input column is a vector of pixels, and the options do not say of what
    /// image.</exception>
    public TernaryImageEmbeddingTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        TernaryImageEmbeddingTransformer transformer = new(_host, _encoder, _column.OutputName, _column.InputName, _options);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <summary>The schema's shape with the vector column added.</summary>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="Fit"/>.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return _column.Apply(_host, inputSchema);
    }
}
