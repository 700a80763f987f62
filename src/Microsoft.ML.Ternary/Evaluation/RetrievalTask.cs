// Retrieval by BEIR's protocol: every query is compared with every document, and judgements say which should come first.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Search by cosine over a whole corpus: <c>ndcg_at_10</c> (main), <c>map_at_10</c>, <c>mrr_at_10</c>,
/// <c>recall_at_1</c>, <c>recall_at_10</c> and <c>recall_at_100</c>, each the mean over the queries.</summary>
/// <remarks>Queries without a document of a grade above 0 are left out; trec_eval counts them as 0. A judged document that is not
/// in the corpus counts as not found. A document that is the query itself (same id, same text) is not found for it unless it is
/// judged relevant. Of equal scores the earlier document comes first.</remarks>
public sealed class RetrievalTask : RankingTask
{
    // One more than the deepest metric, for the query itself.
    private const int Depth = 101;

    // Components of documents embedded and compared at a time, 32 MiB: what bounds memory, whatever the corpus.
    private const int BlockValues = 1 << 23;

    private readonly string[] _documents;
    private readonly JudgedQuery[] _queries;
    private readonly string[] _queryTexts;

    /// <summary>Makes the task.</summary>
    /// <param name="name">The task's name.</param>
    /// <param name="corpus">Documents with different ids.</param>
    /// <param name="queries">Queries with different ids.</param>
    /// <param name="qrels">For a query's id the judged documents' ids and grades; above 0 is relevant.</param>
    /// <exception cref="ArgumentException">An id occurs twice, a judged query is not among the queries, or no query has a relevant
    /// document in the corpus.</exception>
    public RetrievalTask(string name, IReadOnlyList<RetrievalDocument> corpus, IReadOnlyList<RetrievalQuery> queries, IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> qrels)
        : base(name)
    {
        CheckList(corpus, "documents", 1, nameof(corpus));
        CheckList(queries, "queries", 1, nameof(queries));
        ArgumentNullException.ThrowIfNull(qrels);
        Dictionary<string, int> documents = Positions(corpus.Select(document => document.Id), "documents", nameof(corpus));
        Dictionary<string, int> known = Positions(queries.Select(query => query.Id), "queries", nameof(queries));
        if (qrels.Keys.FirstOrDefault(id => !known.ContainsKey(id)) is string unknown)
            throw new ArgumentException($"The judged query '{unknown}' is not among the queries.", nameof(qrels));
        _documents = [.. corpus.Select(document => document.Content)];
        _queries = [.. queries.Where(query => qrels.TryGetValue(query.Id, out IReadOnlyDictionary<string, int>? grades) && grades.Values.Any(grade => grade > 0))
            .Select(query => JudgedQuery.Create(query, qrels[query.Id], documents, corpus))];
        if (!_queries.Any(query => query.Relevant.Any(document => document < corpus.Count)))
            throw new ArgumentException("No query has a relevant document in the corpus; the judgements may be those of another corpus.", nameof(qrels));
        _queryTexts = [.. _queries.Select(query => query.Text)];
        Texts = [.. _queryTexts, .. _documents];
    }

    /// <inheritdoc/>
    public override string Type => "Retrieval";

    /// <inheritdoc/>
    public override string MainMetric => "ndcg_at_10";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Texts { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<EvaluationScore> Score(EvaluationRun run)
    {
        NearestDocuments nearest = new(run.EmbedNormalized(_queryTexts), run.Dimension, Math.Min(Depth, _documents.Length));
        int blockDocuments = Math.Max(1, BlockValues / run.Dimension);
        for (int start = 0; start < _documents.Length; start += blockDocuments)
        {
            ArraySegment<string> block = new(_documents, start, Math.Min(blockDocuments, _documents.Length - start));
            nearest.Offer(run.EmbedNormalized(block), start, run.Cancellation);
        }
        return Measure(nearest.Rankings);
    }

    private protected override IReadOnlyList<EvaluationScore> ScoreSearch(
        Func<IReadOnlyList<string>, ITextSearch> index, IProgress<double>? progress, CancellationToken cancellation)
    {
        ITextSearch search = index(_documents);
        int[][] rankings = new int[_queries.Length][];
        for (int i = 0; i < rankings.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            rankings[i] = [.. search.Search(_queryTexts[i], Depth).Select(hit => hit.Document)];
            progress?.Report((i + 1.0) / rankings.Length);
        }
        return Measure(rankings);
    }

    private EvaluationScore[] Measure(int[][] rankings)
    {
        int[][] found = [.. rankings.Zip(_queries, (ranking, query) => query.WithoutItself(ranking))];
        double Mean(Func<int[], JudgedQuery, double> measure) => found.Zip(_queries, measure).Average();
        return
        [
            new(MainMetric, Mean((ranking, query) => RankingMetrics.NdcgAt(10, ranking, query.Grades))),
            new("map_at_10", Mean((ranking, query) => RankingMetrics.AveragePrecisionAt(10, ranking, query.Relevant))),
            new("mrr_at_10", Mean((ranking, query) => RankingMetrics.ReciprocalRankAt(10, ranking, query.Relevant))),
            new("recall_at_1", Mean((ranking, query) => RankingMetrics.RecallAt(1, ranking, query.Relevant))),
            new("recall_at_10", Mean((ranking, query) => RankingMetrics.RecallAt(10, ranking, query.Relevant))),
            new("recall_at_100", Mean((ranking, query) => RankingMetrics.RecallAt(100, ranking, query.Relevant))),
        ];
    }

    private static Dictionary<string, int> Positions(IEnumerable<string> ids, string what, string parameter)
    {
        Dictionary<string, int> positions = [];
        foreach (string id in ids)
        {
            if (!positions.TryAdd(id, positions.Count))
                throw new ArgumentException($"The id '{id}' occurs twice among the {what}.", parameter);
        }
        return positions;
    }

    // A query with what is relevant to it by position; documents outside the corpus have positions that no search returns.
    private sealed record JudgedQuery(string Text, Dictionary<int, double> Grades, HashSet<int> Relevant, int Itself)
    {
        public static JudgedQuery Create(RetrievalQuery query, IReadOnlyDictionary<string, int> judged, Dictionary<string, int> documents, IReadOnlyList<RetrievalDocument> corpus)
        {
            Dictionary<int, double> grades = [];
            foreach ((string id, int grade) in judged.Where(pair => pair.Value > 0))
                grades.Add(documents.TryGetValue(id, out int position) ? position : documents.Count + grades.Count, grade);
            int itself = documents.TryGetValue(query.Id, out int same) && corpus[same].Text == query.Text && !grades.ContainsKey(same) ? same : -1;
            return new JudgedQuery(query.Text, grades, [.. grades.Keys], itself);
        }

        public int[] WithoutItself(int[] ranking) => Itself < 0 ? ranking : [.. ranking.Where(document => document != Itself)];
    }
}
