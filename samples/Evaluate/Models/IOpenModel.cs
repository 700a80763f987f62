// A model that is ready to answer: with weights in memory, or none at all.
using Microsoft.ML.Ternary.Evaluation;
using Samples.Evaluate.Results;

namespace Samples.Evaluate.Models;

internal interface IOpenModel : IDisposable
{
    /// <summary>What embeds; null for a search without embeddings.</summary>
    ITextEmbedder? Embedder { get; }

    /// <summary>Evaluates on a task; null where it cannot take part.</summary>
    IReadOnlyList<EvaluationScore>? Evaluate(EvaluationTask task, IProgress<double> progress, CancellationToken cancellation);

    /// <summary>Fills in what the model's file tells: size, note, loss curve.</summary>
    void Describe(ModelResult result);
}
