// Weighted word counts: every kind of task can be put to them, and what they reach needs no understanding.
using Microsoft.ML.Ternary.Evaluation;
using Samples.Evaluate.Results;

namespace Samples.Evaluate.Models;

internal sealed class OpenTfIdf : IOpenModel
{
    // Logistic regression has a weight for every component and class; ranking only multiplies once.
    private const int ComponentsToTrainOn = 1024, ComponentsToRankBy = 4096;

    public ITextEmbedder? Embedder => null;

    public IReadOnlyList<EvaluationScore>? Evaluate(EvaluationTask task, IProgress<double> progress, CancellationToken cancellation) =>
        task.Evaluate(new TfIdfEmbedder(task.Texts, task is ClassificationTask or ClusteringTask ? ComponentsToTrainOn : ComponentsToRankBy), progress, cancellation);

    public void Describe(ModelResult result) => result.Note = "counts of words, weighted by how rare they are among each task's texts, hashed";

    public void Dispose()
    {
    }
}
