// Distillation as an ML.NET estimator: the text column of a data view is the corpus, streamed as often as training passes over
// it; what comes out embeds like any saved model.
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary;

/// <summary>Distils a text embedding model into its own ternary copy, on unlabelled text.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// |  |  |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | Yes, in one or more streamed passes |
/// | Input column data type | [Text](xref:Microsoft.ML.Data.TextDataViewType) |
/// | Output column data type | Vector of [Single](xref:System.Single), of known size |
/// | Required NuGet in addition to Microsoft.ML | Microsoft.ML.Ternary and a libtorch of TorchSharp |
/// | Exportable to ONNX | No |
///
/// The teacher stays frozen; the student begins as its copy, with every linear layer of the encoder ternary, and learns to
/// reproduce the teacher's last hidden states and embeddings. Progress goes to ML.NET's progress channel and, every few seconds,
/// to its log. The transformer it returns has a
/// [report](xref:Microsoft.ML.Ternary.TernaryEmbeddingTransformer.Report), packed weights, and no need of libtorch.
///
/// Create it with
/// [DistillTernaryEmbedding](xref:Microsoft.ML.TernaryCatalog.DistillTernaryEmbedding*).
/// ]]></format>
/// </remarks>
public sealed class TernaryDistillEstimator : IEstimator<TernaryEmbeddingTransformer>
{
    private readonly IHost _host;
    private readonly EmbeddingModel _teacher;
    private readonly EmbeddingColumn _column;
    private readonly TernaryDistillOptions _options;

    internal TernaryDistillEstimator(
        IHostEnvironment environment, string outputColumnName, string? inputColumnName, TernaryDistillOptions options)
    {
        Contracts.CheckValue(environment, nameof(environment));
        _host = environment.Register(nameof(TernaryDistillEstimator));
        _host.CheckNonWhiteSpace(outputColumnName, nameof(outputColumnName));
        if (inputColumnName is not null)
            _host.CheckNonWhiteSpace(inputColumnName, nameof(inputColumnName));
        _host.CheckValue(options, nameof(options));
        options.Validate();
        _options = options;
        _teacher = options.TeacherModel ?? EmbeddingModelFile.Load(options.Teacher!);
        options.Embedding.Validate(_teacher);
        _column = new EmbeddingColumn(
            outputColumnName, inputColumnName ?? outputColumnName, options.Embedding.DimensionOf(_teacher), _teacher.Normalize);
    }

    /// <summary>Distils the teacher on the text column. Takes as long as the options say: their epochs, steps or time budget.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or not scalar text, or the output's name belongs
    /// to a column of another kind.</exception>
    /// <exception cref="DistillationDivergedException">Training diverged; the exception holds the model of the last sound state, which
    /// <see cref="TernaryModelFile"/> saves.</exception>
    /// <exception cref="InvalidOperationException">The data view has no rows; or a GPU was asked for that cannot be used, which is
    /// found out before anything is distilled.</exception>
    /// <exception cref="OperationCanceledException">The MLContext or the options' token was cancelled.</exception>
    public TernaryEmbeddingTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        DataViewSchema.Column text = _column.Bind(_host, input.Schema);
        using IChannel channel = _host.Start("Distilling");
        using HostCancellation cancellation = new(_host, _options.CancellationToken);
        using DistillationProgressChannel progress = new(_host, channel, _options.Progress);
        // The context's own seed, not a draw from the host's generator: the same seed then gives the same bytes whatever else was
        // made from the context before.
        DistillationOptions settings = _options.Distillation with { Seed = _options.Distillation.Seed ?? (_host as IHostEnvironmentInternal)?.Seed };
        channel.Info(MessageSensitivity.None, FormattableString.Invariant(
            $"Distilling into ternary weights: recipe '{settings.Recipe.Name}', seed {settings.EffectiveSeed}, device {settings.Device}."));

        HostEncoder.RequireDevice(_host, _options.Embedding);
        DistillationResult result = TernaryDistiller.Distill(
            _teacher, () => TextsOf(input, text, cancellation.Token), settings, progress, cancellation.Token);

        channel.Info(MessageSensitivity.None, FormattableString.Invariant(
            $"Distilled in {result.Report.Seconds:0} s and {result.Report.Steps} steps: cosine to the teacher {result.Report.CosineMean:0.0000} (5th percentile {result.Report.CosineP5:0.0000})."));
        // Stored first, used then: the transformer embeds exactly as the file does that it is saved to.
        EmbeddingModel stored = TernaryModelFile.AsStored(result.Model, _options.Storage);
        SharedEncoder encoder = new(() => HostEncoder.CreateAfterWork(_host, stored, _options.Embedding));
        return new TernaryEmbeddingTransformer(_host, encoder, _column.OutputName, _column.InputName, _options.Embedding)
        {
            Report = result.Report,
        };
    }

    /// <summary>The schema's shape with the vector column added.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or not scalar text, or the output's name belongs
    /// to a column of another kind.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return _column.Apply(_host, inputSchema);
    }

    internal static IEnumerable<string> TextsOf(IDataView input, DataViewSchema.Column column, CancellationToken cancellation)
    {
        using DataViewRowCursor cursor = input.GetRowCursor([column]);
        ValueGetter<ReadOnlyMemory<char>> getText = cursor.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> text = default;
        while (cursor.MoveNext())
        {
            cancellation.ThrowIfCancellationRequested();
            getText(ref text);
            yield return text.ToString();
        }
    }
}
