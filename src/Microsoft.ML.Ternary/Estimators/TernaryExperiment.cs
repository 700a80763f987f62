// Automatic experiments as ML.NET's users know them: an experiment is made from the context, executed on a data view, watched by a
// monitor, and hands back the best trial and its model.
using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Experiments;

namespace Microsoft.ML.Ternary;

/// <summary>Finds out how a model is best distilled into its ternary copy: tries recipes, gives the good ones more training, and returns
/// the best model within limits of size and speed.</summary>
/// <remarks>
/// <para>Candidates are drawn from a <see cref="TernarySearchSpace"/>; the first is the recipe that the experiment begins with. Those
/// that break a limit are refused before they are trained. The others train in rungs (successive halving, Jamieson and Talwalkar 2016): of
/// each <see cref="TernaryExperimentOptions.ReductionFactor"/> trials the best goes on from where it was, for as many times as
/// long.</para>
/// <para>On each rung the learning rate follows the recipe's schedule for all the steps that the trial has had by its end: with a cosine
/// it is zero there, so that rungs compare finished models, and a trial that goes on resumes at the height that the longer cosine has at
/// that point.</para>
/// <para>With the same seed, data, machine and <see cref="TernaryExperimentOptions.Steps"/> the trials and their models are the same;
/// with a time budget their length depends on speed.</para>
/// <para>Make one with
/// <see cref="TernaryExperimentExtensions.CreateTernaryExperiment(TransformsCatalog.TextTransforms, string, TernaryExperimentOptions?)"/>.</para>
/// </remarks>
public sealed class TernaryExperiment
{
    private readonly IHost _host;
    private readonly EmbeddingModel _teacher;
    private readonly TernaryExperimentOptions _options;

    internal TernaryExperiment(IHostEnvironment environment, EmbeddingModel teacher, TernaryExperimentOptions options)
    {
        _host = environment.Register(nameof(TernaryExperiment));
        Check(teacher, options);
        (_teacher, _options) = (teacher, options);
    }

    /// <summary>Runs the experiment on the rows of a text column. Takes as long as the options say.</summary>
    /// <param name="trainData">Unlabelled text; read anew by every trial.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="monitor">Hears how it goes. ML.NET's own channels do as well.</param>
    /// <param name="cancellation">Ends the experiment, as cancelling the context does; the best trial so far is returned.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or not scalar text.</exception>
    /// <inheritdoc cref="Run" path="/exception"/>
    public TernaryExperimentResult Execute(
        IDataView trainData, string textColumnName, ITernaryExperimentMonitor? monitor = null, CancellationToken cancellation = default)
    {
        _host.CheckValue(trainData, nameof(trainData));
        _host.CheckNonWhiteSpace(textColumnName, nameof(textColumnName));
        if (trainData.Schema.GetColumnOrNull(textColumnName) is not DataViewSchema.Column text)
            throw _host.ExceptSchemaMismatch(nameof(trainData), "text", textColumnName);
        if (text.Type is not TextDataViewType)
            throw _host.ExceptSchemaMismatch(nameof(trainData), "text", textColumnName, "scalar text", text.Type.ToString());
        using HostCancellation stop = new(_host, cancellation);
        using ExperimentChannel channel = new(_host, monitor);
        DistillationOptions shared = _options.Distillation;
        TernaryExperimentOptions options = _options with
        {
            Distillation = shared with { Seed = shared.Seed ?? (_host as IHostEnvironmentInternal)?.Seed },
        };
        // The rows are read without the token: a trial that is stopped keeps its state, which a reader that throws would cost it.
        return Run(_teacher, () => TernaryDistillEstimator.TextsOf(trainData, text, CancellationToken.None), options, channel, stop.Token);
    }

    /// <summary>Runs an experiment without ML.NET's context.</summary>
    /// <param name="teacher">A model in full precision.</param>
    /// <param name="corpus">Unlabelled text; called several times by every trial, each time yielding the same texts in the same order.</param>
    /// <param name="options">What to search, what for, how long; null for the defaults.</param>
    /// <param name="monitor">Hears how it goes, on this thread.</param>
    /// <param name="cancellation">Ends the experiment; the best trial so far is returned.</param>
    /// <exception cref="ArgumentException">The teacher is not in full precision, or an option is wrong.</exception>
    /// <exception cref="InvalidOperationException">The corpus is empty; no candidate is within the limits; every trial failed; or the
    /// folder holds another experiment.</exception>
    /// <exception cref="InvalidDataException">A file of the folder is damaged.</exception>
    /// <exception cref="TimeoutException">The time budget was over before a trial ended.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before a trial ended.</exception>
    /// <exception cref="IOException">A file could not be written; what is in the folder is whole, and can be gone on with.</exception>
    public static TernaryExperimentResult Run(
        EmbeddingModel teacher,
        Func<IEnumerable<string?>> corpus,
        TernaryExperimentOptions? options = null,
        ITernaryExperimentMonitor? monitor = null,
        CancellationToken cancellation = default)
    {
        Stopwatch started = Stopwatch.StartNew();
        ArgumentNullException.ThrowIfNull(corpus);
        options ??= new TernaryExperimentOptions();
        Check(teacher, options);
        DistillationTrialRunner runner = new(teacher, corpus, options);
        using ExperimentFolder folder = ExperimentFolder.Open(options.Folder, ExperimentIdentity.Of(teacher, corpus, options));
        using ExperimentSession session = new(options, runner, folder, monitor, started, cancellation);
        return session.Run();
    }

    private static void Check(EmbeddingModel teacher, TernaryExperimentOptions options)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        ArgumentNullException.ThrowIfNull(options);
        if (teacher.Weights.Layers.SelectMany(layer => layer.Linears()).Any(part => part.Weights is not DenseLinearWeights))
            throw new ArgumentException("The teacher has ternary layers; an experiment begins with a model in full precision.", nameof(teacher));
        options.Validate(teacher);
    }
}
