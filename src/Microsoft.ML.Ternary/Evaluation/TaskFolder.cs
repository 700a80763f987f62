// A task of one's own is a folder of text files: which files they are says what kind of task it is.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Reads tasks from folders.</summary>
/// <remarks>The files, UTF-8, tables separated by tabs without quoting:
/// <list type="bullet">
/// <item><description>Retrieval (BEIR): <c>corpus.jsonl</c> (_id, title, text), <c>queries.jsonl</c> (_id, text), <c>qrels/test.tsv</c>
/// (query-id, corpus-id, score).</description></item>
/// <item><description>STS: <c>sts.tsv</c> with the header score, sentence1, sentence2.</description></item>
/// </list>
/// In the tables whose header is not required, a first line of exactly the columns' names is passed over.</remarks>
public static class TaskFolder
{
    // The file that tells a kind of task, and how the folder is read then.
    private static readonly (string File, Func<string, string, EvaluationTask> Read)[] Kinds =
    [
        ("corpus.jsonl", ReadRetrieval),
        ("sts.tsv", ReadSts),
    ];

    /// <summary>Reads the task in a folder; its name is the folder's.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file that belongs to the task is missing.</exception>
    /// <exception cref="InvalidDataException">The files tell no task or several, or their content is not a task's; the message
    /// names the file and, where there is one, the line.</exception>
    public static EvaluationTask Read(string folder)
    {
        CheckFolder(folder);
        (string File, Func<string, string, EvaluationTask> Read)[] kinds = KindsOf(folder);
        string known = string.Join(", ", Kinds.Select(kind => kind.File));
        if (kinds.Length == 0)
            throw new InvalidDataException($"{folder} holds no task: expected one of {known}.");
        if (kinds.Length > 1)
            throw new InvalidDataException($"{folder} holds {string.Join(" and ", kinds.Select(kind => kind.File))}; one folder is one task, told by one of them.");
        try
        {
            return kinds[0].Read(folder, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))));
        }
        catch (ArgumentException e)
        {
            // What a task's constructor refuses came from the files.
            throw new InvalidDataException($"{folder}: {e.Message}", e);
        }
    }

    /// <summary>Reads the tasks in the folders of a folder, in the order of their names; folders that begin with a dot are passed over.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file that belongs to a task is missing.</exception>
    /// <exception cref="InvalidDataException">There is no folder in it, or one is no task as <see cref="Read"/> has it.</exception>
    public static IReadOnlyList<EvaluationTask> ReadAll(string folderOfFolders)
    {
        CheckFolder(folderOfFolders);
        string[] folders = [.. Directory.GetDirectories(folderOfFolders).Where(folder => !Path.GetFileName(folder).StartsWith('.')).Order(StringComparer.Ordinal)];
        if (KindsOf(folderOfFolders).Length > 0)
            throw new InvalidDataException($"{folderOfFolders} is itself a task's folder; name the folder that holds it.");
        if (folders.Length == 0)
            throw new InvalidDataException($"{folderOfFolders} holds no folders; each task is a folder in it.");
        return [.. folders.Select(Read)];
    }

    private static void CheckFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder {folder}.");
    }

    private static (string File, Func<string, string, EvaluationTask> Read)[] KindsOf(string folder) =>
        [.. Kinds.Where(kind => File.Exists(Path.Combine(folder, kind.File)))];

    private static string Need(string folder, params string[] path)
    {
        string file = Path.Combine([folder, .. path]);
        return File.Exists(file) ? file : throw new FileNotFoundException($"{folder} has no {string.Join('/', path)}, which belongs to its task.", file);
    }

    private static StsTask ReadSts(string folder, string name) => new(name,
        [.. TabSeparatedFile.Read(Need(folder, "sts.tsv"), HeaderLine.Required, "score", "sentence1", "sentence2")
            .Select(row => new SentencePair(row.Number(0, "score"), row[1], row[2]))]);

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
