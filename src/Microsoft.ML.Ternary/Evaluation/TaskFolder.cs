// A task of one's own is a folder of text files: which files they are says what kind of task it is.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Reads tasks from folders.</summary>
/// <remarks>The files, UTF-8, tables separated by tabs without quoting:
/// <list type="bullet">
/// <item><description>Retrieval (BEIR): <c>corpus.jsonl</c> (_id, title, text), <c>queries.jsonl</c> (_id, text), <c>qrels/test.tsv</c>
/// (query-id, corpus-id, score).</description></item>
/// <item><description>STS: <c>sts.tsv</c> with the header score, sentence1, sentence2.</description></item>
/// <item><description>Pair classification: <c>pairs.tsv</c> (label 0 or 1, sentence1, sentence2).</description></item>
/// <item><description>Classification: <c>train.tsv</c> and <c>test.tsv</c> (label, text).</description></item>
/// <item><description>Clustering: <c>clusters.tsv</c> (label, text).</description></item>
/// <item><description>Bitext mining: <c>bitext.tsv</c> (source, target).</description></item>
/// <item><description>Reranking: <c>rerank.jsonl</c> (query, a string or a list of them; positive, negative, lists).</description></item>
/// <item><description>Summarisation: <c>summaries.jsonl</c> (text; human_summaries, machine_summaries, relevance, lists; a relevance
/// for each machine summary).</description></item>
/// </list>
/// In the tables whose header is not required, a first line of exactly the columns' names is passed over.</remarks>
public static class TaskFolder
{
    // The file that tells a kind of task, and how the folder is read then.
    private static readonly (string File, Func<string, string, ClassificationOptions?, EvaluationTask> Read)[] Kinds =
    [
        ("corpus.jsonl", (folder, name, _) => ReadRetrieval(folder, name)),
        ("sts.tsv", (folder, name, _) => ReadSts(folder, name)),
        ("pairs.tsv", (folder, name, _) => ReadPairs(folder, name)),
        ("train.tsv", ReadClassification),
        ("clusters.tsv", (folder, name, _) => new ClusteringTask(name, ReadLabeled(Need(folder, "clusters.tsv")))),
        ("bitext.tsv", (folder, name, _) => ReadBitext(folder, name)),
        ("rerank.jsonl", (folder, name, _) => ReadReranking(folder, name)),
        ("summaries.jsonl", (folder, name, _) => ReadSummaries(folder, name)),
    ];

    /// <summary>Reads the task in a folder; its name is the folder's.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="classification">The protocol, should it be a classification task; null trains on all examples.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file that belongs to the task is missing.</exception>
    /// <exception cref="InvalidDataException">The files tell no task or several, or their content is not a task's; the message
    /// names the file and, where there is one, the line.</exception>
    public static EvaluationTask Read(string folder, ClassificationOptions? classification = null)
    {
        CheckFolder(folder);
        (string File, Func<string, string, ClassificationOptions?, EvaluationTask> Read)[] kinds = KindsOf(folder);
        string known = string.Join(", ", Kinds.Select(kind => kind.File));
        if (kinds.Length == 0)
            throw new InvalidDataException($"{folder} holds no task: expected one of {known}.");
        if (kinds.Length > 1)
            throw new InvalidDataException($"{folder} holds {string.Join(" and ", kinds.Select(kind => kind.File))}; one folder is one task, told by one of them.");
        try
        {
            return kinds[0].Read(folder, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), classification);
        }
        catch (ArgumentException e)
        {
            // What a task's constructor refuses came from the files.
            throw new InvalidDataException($"{folder}: {e.Message}", e);
        }
    }

    /// <summary>Reads the tasks in the folders of a folder, in the order of their names; folders that begin with a dot are passed over.</summary>
    /// <param name="folderOfFolders">The folder that holds the tasks' folders.</param>
    /// <param name="classification">The protocol of classification tasks; null trains on all examples.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file that belongs to a task is missing.</exception>
    /// <exception cref="InvalidDataException">There is no folder in it, or one is no task as <see cref="Read"/> reads them.</exception>
    public static IReadOnlyList<EvaluationTask> ReadAll(string folderOfFolders, ClassificationOptions? classification = null)
    {
        CheckFolder(folderOfFolders);
        string[] folders = [.. Directory.GetDirectories(folderOfFolders).Where(folder => !Path.GetFileName(folder).StartsWith('.')).Order(StringComparer.Ordinal)];
        if (KindsOf(folderOfFolders).Length > 0)
            throw new InvalidDataException($"{folderOfFolders} is itself a task's folder; name the folder that holds it.");
        if (folders.Length == 0)
            throw new InvalidDataException($"{folderOfFolders} holds no folders; each task is a folder in it.");
        return [.. folders.Select(folder => Read(folder, classification))];
    }

    private static void CheckFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder {folder}.");
    }

    private static (string File, Func<string, string, ClassificationOptions?, EvaluationTask> Read)[] KindsOf(string folder) =>
        [.. Kinds.Where(kind => File.Exists(Path.Combine(folder, kind.File)))];

    private static string Need(string folder, params string[] path)
    {
        string file = Path.Combine([folder, .. path]);
        return File.Exists(file) ? file : throw new FileNotFoundException($"{folder} has no {string.Join('/', path)}, which belongs to its task.", file);
    }

    private static StsTask ReadSts(string folder, string name) => new(name,
        [.. TabSeparatedFile.Read(Need(folder, "sts.tsv"), HeaderLine.Required, "score", "sentence1", "sentence2")
            .Select(row => new SentencePair(row.Number(0, "score"), row[1], row[2]))]);

    private static PairClassificationTask ReadPairs(string folder, string name) => new(name,
        [.. TabSeparatedFile.Read(Need(folder, "pairs.tsv"), HeaderLine.Optional, "label", "sentence1", "sentence2")
            .Select(row => new LabeledPair(row[0] switch { "0" => false, "1" => true, _ => throw row.Wrong($"the label '{row[0]}' is neither 0 nor 1.") }, row[1], row[2]))]);

    private static ClassificationTask ReadClassification(string folder, string name, ClassificationOptions? options) =>
        new(name, ReadLabeled(Need(folder, "train.tsv")), ReadLabeled(Need(folder, "test.tsv")), options);

    private static LabeledText[] ReadLabeled(string path) =>
        [.. TabSeparatedFile.Read(path, HeaderLine.Optional, "label", "text").Select(row => new LabeledText(row[0], row[1]))];

    private static BitextMiningTask ReadBitext(string folder, string name) => new(name,
        [.. TabSeparatedFile.Read(Need(folder, "bitext.tsv"), HeaderLine.Optional, "source", "target").Select(row => new BitextPair(row[0], row[1]))]);

    private static RerankingTask ReadReranking(string folder, string name) => new(name,
        [.. JsonLinesFile.Read(Need(folder, "rerank.jsonl"))
            .Select(line => new RerankingSample(line.Texts("query"), line.Texts("positive"), line.Texts("negative")))]);

    private static SummarizationTask ReadSummaries(string folder, string name) => new(name,
        [.. JsonLinesFile.Read(Need(folder, "summaries.jsonl"))
            .Select(line => new SummarizationSample(line.Text("text"), line.Texts("human_summaries"), line.Texts("machine_summaries"), line.Numbers("relevance")))]);

    private static RetrievalTask ReadRetrieval(string folder, string name)
    {
        RetrievalDocument[] corpus = [.. JsonLinesFile.Read(Need(folder, "corpus.jsonl"))
            .Select(line => new RetrievalDocument(line.Text("_id"), line.OptionalText("title"), line.Text("text")))];
        RetrievalQuery[] queries = [.. JsonLinesFile.Read(Need(folder, "queries.jsonl"))
            .Select(line => new RetrievalQuery(line.Text("_id"), line.Text("text")))];
        return new RetrievalTask(name, corpus, queries, ReadJudgements(Need(folder, "qrels", "test.tsv")));
    }

    private static Dictionary<string, IReadOnlyDictionary<string, int>> ReadJudgements(string path)
    {
        Dictionary<string, IReadOnlyDictionary<string, int>> qrels = [];
        foreach (TabSeparatedRow row in TabSeparatedFile.Read(path, HeaderLine.Optional, "query-id", "corpus-id", "score"))
        {
            if (!qrels.TryGetValue(row[0], out IReadOnlyDictionary<string, int>? judged))
                qrels.Add(row[0], judged = new Dictionary<string, int>());
            if (!((Dictionary<string, int>)judged).TryAdd(row[1], row.Integer(2, "score")))
                throw row.Wrong($"the document '{row[1]}' is judged twice for the query '{row[0]}'.");
        }
        return qrels;
    }
}
