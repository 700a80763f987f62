// Search without any model. Only tasks of ranking can be put to it.
using Microsoft.ML.Ternary.Evaluation;
using Samples.Evaluate.Results;

namespace Samples.Evaluate.Models;

internal sealed class OpenBm25 : IOpenModel
{
    public ITextEmbedder? Embedder => null;

    public IReadOnlyList<EvaluationScore>? Evaluate(EvaluationTask task, IProgress<double> progress, CancellationToken cancellation) =>
        (task as RankingTask)?.EvaluateSearch(documents => new Bm25Index(documents), progress, cancellation);

    public void Describe(ModelResult result) => result.Note = "lexical search, retrieval and reranking only";

    public void Dispose()
    {
    }
}
