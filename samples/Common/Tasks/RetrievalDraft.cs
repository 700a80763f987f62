// Retrieval tasks grow document by document and query by query.
using Microsoft.ML.Ternary.Evaluation;

namespace Samples.Common.Tasks;

/// <summary>A retrieval task in the making.</summary>
internal sealed class RetrievalDraft(string name)
{
    private readonly List<RetrievalDocument> _documents = [];
    private readonly List<RetrievalQuery> _queries = [];
    private readonly Dictionary<string, IReadOnlyDictionary<string, int>> _judgements = [];

    public int Documents => _documents.Count;

    public int Queries => _queries.Count;

    public void AddDocument(string id, string text) => _documents.Add(new RetrievalDocument(id, null, text));

    /// <summary>Adds a query and the ids of the documents that answer it.</summary>
    public void AddQuery(string id, string text, params string[] relevant)
    {
        _queries.Add(new RetrievalQuery(id, text));
        _judgements.Add(id, relevant.ToDictionary(document => document, _ => 1));
    }

    public RetrievalTask Build() => new(name, _documents, _queries, _judgements);
}
