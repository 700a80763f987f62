// All results of a run in one value, from which table, JSON and page are made.
namespace Samples.Evaluate.Results;

/// <summary>A task as tables name it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="MainMetric">The metric that stands for it.</param>
/// <param name="Description">What is asked, in a sentence.</param>
internal sealed record TaskColumn(string Name, string MainMetric, string Description);

/// <summary>The results of a run.</summary>
/// <param name="Tasks">The tasks, in order.</param>
/// <param name="Models">The models so far, the teacher first.</param>
/// <param name="Limit">The most queries or texts of a task, where the run was cut short; null for whole tasks.</param>
internal sealed record EvaluationReport(IReadOnlyList<TaskColumn> Tasks, IReadOnlyList<ModelResult> Models, int? Limit)
{
    /// <summary>The name of the row in which nothing of the encoder is left.</summary>
    public const string Zeroed = "zeroed";

    /// <summary>What a reader must know before the figures; empty for nothing.</summary>
    public string Caution => Limit is null ? "" : $"A quick look: at most {Limit} queries or texts of each task (--limit). Do not compare these figures with those of whole tasks.";

    /// <summary>A model's summary figures.</summary>
    public Summary Summarize(ModelResult model) => Summary.Of(model, Models[0], Models.FirstOrDefault(other => other.Name == Zeroed), Tasks);
}
