// The question that every task answers in the same form: how good is this model? What a task must bring is its texts and how
// their embeddings become figures; embedding them, progress and cancellation are the same for all.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>A task that a model is evaluated on. Immutable: any number of models may be evaluated at once.</summary>
public abstract class EvaluationTask
{
    /// <summary>A task of a name.</summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    protected EvaluationTask(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>The task's name: that of its folder, where it was read from one.</summary>
    public string Name { get; }

    /// <summary>MTEB's name for the kind of task: STS, Retrieval, Reranking, PairClassification, Classification, Clustering,
    /// BitextMining or Summarization.</summary>
    public abstract string Type { get; }

    /// <summary>The metric that stands for the task in tables and averages, as MTEB chooses it.</summary>
    public abstract string MainMetric { get; }

    /// <summary>The texts that evaluating a model embeds, in order, repetitions included.</summary>
    public abstract IReadOnlyList<string> Texts { get; }

    /// <summary>Evaluates a model.</summary>
    /// <param name="embedder">The model. Wrap it in a <see cref="CachedEmbedder"/> where tasks share texts.</param>
    /// <param name="progress">Receives the share of the work that is done, 0 to 1.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The task's figures, <see cref="MainMetric"/> first.</returns>
    /// <exception cref="InvalidOperationException">The model gave an embedding with a component that is not a finite number.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public IReadOnlyList<EvaluationScore> Evaluate(ITextEmbedder embedder, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(embedder);
        EvaluationRun run = new(embedder, Texts.Count, progress, cancellation);
        IReadOnlyList<EvaluationScore> scores = Score(run);
        progress?.Report(1);
        return scores;
    }

    /// <summary>Computes the figures, <see cref="MainMetric"/> first.</summary>
    protected abstract IReadOnlyList<EvaluationScore> Score(EvaluationRun run);

    /// <summary>Checks a list that a task is made of.</summary>
    private protected static void CheckList<T>(IReadOnlyList<T> list, string what, int minimum, string parameter) where T : class
    {
        ArgumentNullException.ThrowIfNull(list, parameter);
        if (list.Count < minimum)
            throw new ArgumentException($"{list.Count} {what}; at least {minimum} are needed.", parameter);
        for (int i = 0; i < list.Count; i++)
        {
            if (list[i] is null)
                throw new ArgumentException($"Item {i} of the {what} is null.", parameter);
        }
    }
}
