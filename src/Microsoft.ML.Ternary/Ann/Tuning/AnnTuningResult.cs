// What the tuner found: the choice, the frontier it lies on, and everything that was tried.
using System.Globalization;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>The result of <see cref="AnnIndexTuner"/>.</summary>
/// <remarks>Speeds hold for the machine, and for what else it did meanwhile: tune where you will search.</remarks>
public sealed class AnnTuningResult
{
    private readonly AnnTuningOptions _options;

    internal AnnTuningResult(
        AnnTuningOptions options,
        int dimension,
        int vectors,
        int queries,
        IReadOnlyList<AnnTuningTrial> trials,
        IReadOnlyList<AnnTuningTrial> compared,
        TimeSpan elapsed,
        bool timedOut)
    {
        _options = options;
        Dimension = dimension;
        Vectors = vectors;
        Queries = queries;
        Trials = trials;
        Elapsed = elapsed;
        TimedOut = timedOut;
        AnnTuningTrial[] fitting = [.. compared.Where(trial => Fits(trial.BytesPerVector, options))];
        Frontier = [.. fitting.Where(trial => !Array.Exists(fitting, other => other.Beats(trial))).DistinctBy(trial => (trial.Recall, trial.QueriesPerSecond)).OrderBy(trial => trial.Recall)];
        AnnTuningTrial? reaching = fitting.Where(trial => trial.Reaches(options.RecallTarget)).MaxBy(trial => trial.QueriesPerSecond);
        ReachedTarget = reaching is not null;
        // What is both faster and finds more is the better choice, even if its recall is a little less certain.
        Best = reaching is null ? Frontier[^1] : Frontier.First(trial => trial.Recall >= reaching.Recall && trial.QueriesPerSecond >= reaching.QueriesPerSecond);
        Notes = [.. FindNotes()];
    }

    /// <summary>The fastest parameters whose recall, less its standard error, reaches the target; those of the highest recall if none
    /// does (<see cref="ReachedTarget"/>).</summary>
    public AnnTuningTrial Best { get; }

    /// <summary>The trials that none other beats in recall and speed, recall ascending and so speed descending. All are of the same
    /// vectors, and all fit in the memory allowed.</summary>
    public IReadOnlyList<AnnTuningTrial> Frontier { get; }

    /// <summary>Everything that was tried, in that order, on samples too (<see cref="AnnTuningTrial.Vectors"/>): figures of different
    /// samples do not compare.</summary>
    public IReadOnlyList<AnnTuningTrial> Trials { get; }

    /// <summary>Whether the recall target was reached.</summary>
    public bool ReachedTarget { get; }

    /// <summary>Whether the time limit ended the search.</summary>
    public bool TimedOut { get; }

    /// <summary>What to know about the choice, a sentence each; empty if all went as asked.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Time that tuning took.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>The number of vectors, without those taken out as queries.</summary>
    public int Vectors { get; }

    /// <summary>The number of queries.</summary>
    public int Queries { get; }

    /// <summary>Components of a vector.</summary>
    public int Dimension { get; }

    internal AnnTuningOptions Options => _options;

    /// <summary>Prints the frontier as an aligned table with the choice marked, and the C# that builds it.</summary>
    public void Print(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        TuningTable.Print(this, writer);
    }

    /// <summary>Builds an index with the parameters chosen, which are then its defaults for searches; what an index cannot hold is in
    /// <see cref="AnnTuningTrial.SearchOptions"/>.</summary>
    /// <param name="vectors">All vectors, those taken out as queries among them: a whole number of <see cref="Dimension"/>
    /// components; copied.</param>
    /// <param name="trial">Another trial to build, or null for <see cref="Best"/>.</param>
    /// <param name="progress">Hears how many vectors are done, now and then.</param>
    /// <param name="cancellation">Stops the build.</param>
    /// <exception cref="ArgumentException">There is no vector, a length is wrong, or a vector cannot be indexed.</exception>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public VectorIndex Build(
        ReadOnlySpan<float> vectors, AnnTuningTrial? trial = null, IProgress<IndexBuildProgress>? progress = null, CancellationToken cancellation = default) =>
        Build(VectorStoreFactory.Create(vectors, Dimension, _options.Metric), trial ?? Best, progress, cancellation);

    /// <summary>Builds an index of vectors that come one by one, with the parameters chosen.</summary>
    /// <inheritdoc cref="Build(ReadOnlySpan{float}, AnnTuningTrial?, IProgress{IndexBuildProgress}?, CancellationToken)"/>
    public VectorIndex Build(
        IEnumerable<float[]> vectors, AnnTuningTrial? trial = null, IProgress<IndexBuildProgress>? progress = null, CancellationToken cancellation = default)
    {
        VectorStore store = VectorStoreFactory.Create(vectors, _options.Metric, cancellation);
        if (store.Dimension != Dimension)
            throw new ArgumentException($"The vectors have dimension {store.Dimension}, those tuned for {Dimension}.", nameof(vectors));
        return Build(store, trial ?? Best, progress, cancellation);
    }

    internal static bool Fits(double bytesPerVector, AnnTuningOptions options) =>
        options.MaxBytesPerVector == 0 || bytesPerVector <= options.MaxBytesPerVector;

    private static VectorIndex Build(VectorStore store, AnnTuningTrial trial, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation) =>
        TunedKinds.Of(trial.IndexOptions).Build(store, trial.IndexOptions, progress, cancellation);

    private IEnumerable<string> FindNotes()
    {
        if (!ReachedTarget)
            yield return string.Create(CultureInfo.InvariantCulture, $"Nothing reached the recall target {_options.RecallTarget:0.####}: this is the highest recall found. Allow more memory, time, Kinds or Codecs.");
        if (Best.Vectors < Vectors)
            yield return string.Create(CultureInfo.InvariantCulture, $"Time was up before the best could be measured on all {Vectors:N0} vectors: figures are of a sample of {Best.Vectors:N0}, and recall and speed will be lower on all. Raise TimeLimit.");
        else if (TimedOut)
            yield return "Time was up before all candidates were measured: there may be better ones. Raise TimeLimit.";
    }
}
