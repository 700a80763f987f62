// Retrieval and reranking ask for an order of documents, which a lexical search has as well as a model.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>A task that scores rankings: by the cosine of embeddings, or by a search that needs none.</summary>
public abstract class RankingTask : EvaluationTask
{
    private protected RankingTask(string name)
        : base(name)
    {
    }

    /// <summary>Evaluates a search such as BM25: <c>task.EvaluateSearch(documents => new Bm25Index(documents))</c>.</summary>
    /// <param name="index">Makes the task's documents searchable; a document is known by its position.</param>
    /// <param name="progress">Receives the share of the work that is done, 0 to 1.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The same figures as <see cref="EvaluationTask.Evaluate"/>.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public IReadOnlyList<EvaluationScore> EvaluateSearch(Func<IReadOnlyList<string>, ITextSearch> index, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(index);
        IReadOnlyList<EvaluationScore> scores = ScoreSearch(index, progress, cancellation);
        progress?.Report(1);
        return scores;
    }

    private protected abstract IReadOnlyList<EvaluationScore> ScoreSearch(
        Func<IReadOnlyList<string>, ITextSearch> index, IProgress<double>? progress, CancellationToken cancellation);
}
