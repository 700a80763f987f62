// A saved model in a pipeline: fitting learns nothing, it only checks the schema, so that embedding composes with trainers.
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary;

/// <summary>Embeds a text column with a model that exists already: a ternary model file, or a sentence-transformers folder in
/// full precision.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// |  |  |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Input column data type | [Text](xref:Microsoft.ML.Data.TextDataViewType) |
/// | Output column data type | Vector of [Single](xref:System.Single), of known size |
/// | Required NuGet in addition to Microsoft.ML | Microsoft.ML.Ternary |
/// | Exportable to ONNX | No |
///
/// The output column is annotated as normalised where the model normalises. If a column of the output's name exists, it is
/// hidden where it is the input column or a vector of Single, as ML.NET's transforms do; of any other type it is an error, since
/// hiding a label or an id is a slip.
///
/// Create it with
/// [ApplyTernaryEmbedding](xref:Microsoft.ML.TernaryCatalog.ApplyTernaryEmbedding*).
/// ]]></format>
/// </remarks>
public sealed class TernaryEmbeddingEstimator : IEstimator<TernaryEmbeddingTransformer>
{
    private readonly IHost _host;
    private readonly SharedEncoder _encoder;
    private readonly EmbeddingColumn _column;
    private readonly TernaryEmbeddingOptions _options;

    internal TernaryEmbeddingEstimator(
        IHostEnvironment environment, string outputColumnName, string? inputColumnName, EmbeddingModel model, TernaryEmbeddingOptions? options)
    {
        Contracts.CheckValue(environment, nameof(environment));
        _host = environment.Register(nameof(TernaryEmbeddingEstimator));
        _host.CheckNonWhiteSpace(outputColumnName, nameof(outputColumnName));
        _host.CheckValue(model, nameof(model));
        if (inputColumnName is not null)
            _host.CheckNonWhiteSpace(inputColumnName, nameof(inputColumnName));
        _options = options ?? new TernaryEmbeddingOptions();
        _options.Validate(model);
        _encoder = new SharedEncoder(() => HostEncoder.Create(_host, model, _options));
        _column = new EmbeddingColumn(outputColumnName, inputColumnName ?? outputColumnName, _options.DimensionOf(model), model.Normalize);
        _encoder.Make();
    }

    /// <summary>Checks the schema and makes the transformer; no row is read. The transformers of one estimator share the
    /// weights.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or not scalar text, or the output's name belongs
    /// to a column of another kind.</exception>
    public TernaryEmbeddingTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        _column.Bind(_host, input.Schema);
        return new TernaryEmbeddingTransformer(_host, _encoder, _column.OutputName, _column.InputName, _options);
    }

    /// <summary>The schema's shape with the vector column added.</summary>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="Fit"/>.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return _column.Apply(_host, inputSchema);
    }
}
