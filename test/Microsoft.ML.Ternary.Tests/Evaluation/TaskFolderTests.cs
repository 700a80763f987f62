// Every kind of folder read from disk, and what is wrong with one named with its file and line.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public sealed class TaskFolderTests : IDisposable
{
    private const string Header = "score\tsentence1\tsentence2\n";

    private readonly TestFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void AnStsFolderIsRead()
    {
        EvaluationTask task = Read(("sts.tsv", Header + "4.5\tShe said \"no.\t \u00fcber \r\n0\ta\tb\n"));
        Assert.Equal(("task", "STS"), (task.Name, task.Type));
        Assert.Equal(["She said \"no.", "a", " \u00fcber ", "b"], task.Texts);
    }

    [Fact]
    public void ABeirFolderIsRead()
    {
        EvaluationTask task = Read(
            ("corpus.jsonl", """{"_id": "d1", "title": "Title", "text": "body", "metadata": {}}""" + "\n" + """{"_id": "d2", "text": "other"}""" + "\n\n"),
            ("queries.jsonl", """{"_id": "q1", "text": "ask"}""" + "\n" + """{"_id": "q2", "text": "not judged"}"""),
            ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\n"));
        Assert.Equal("Retrieval", task.Type);
        Assert.Equal(["ask", "Title body", "other"], task.Texts);
    }

    [Theory]
    [InlineData("")]
    [InlineData("label\tsentence1\tsentence2\n")]
    public void APairsFolderIsReadWithOrWithoutHeader(string header)
    {
        EvaluationTask task = Read(("pairs.tsv", header + "1\ta\tb\n0\tc\td\n"));
        Assert.Equal("PairClassification", task.Type);
        Assert.Equal(["a", "c", "b", "d"], task.Texts);
    }

    [Fact]
    public void AClassificationFolderIsReadForTheProtocolAskedFor()
    {
        (string, string)[] files = [("train.tsv", "label\ttext\nx\ta\nx\tb\ny\tc\n"), ("test.tsv", "y\td\n")];
        ClassificationTask task = Assert.IsType<ClassificationTask>(Read(files));
        Assert.Equal(["a", "b", "c", "d"], task.Texts);
        Assert.Null(task.Options.FewShot);
        task = Assert.IsType<ClassificationTask>(TaskFolder.Read(_root.File("task"), new ClassificationOptions { FewShot = 1, Repetitions = 1 }));
        Assert.Equal(3, task.Texts.Count);
    }

    [Fact]
    public void ClusteringBitextRerankingAndSummarisationFoldersAreRead()
    {
        Assert.Equal(["a", "b"], Read("Clustering", "clusters.tsv", "x\ta\ny\tb\n").Texts);
        Assert.Equal(["a", "b", "c", "d"], Read("BitextMining", "bitext.tsv", "source\ttarget\na\tc\nb\td\n").Texts);
        Assert.Equal(["q", "q1", "q2", "p", "n", "p", "n1", "n2"], Read("Reranking", "rerank.jsonl",
            """{"query": "q", "positive": ["p"], "negative": ["n"]}""" + "\n" + """{"query": ["q1", "q2"], "positive": "p", "negative": ["n1", "n2"]}""").Texts);
        Assert.Equal(["h", "m1", "m2"], Read("Summarization", "summaries.jsonl",
            """{"text": "t", "human_summaries": ["h"], "machine_summaries": ["m1", "m2"], "relevance": [1, 2.5]}""").Texts);
    }

    [Fact]
    public void FoldersOfAFolderAreReadInTheOrderOfTheirNames()
    {
        Write("b", ("sts.tsv", Header + "1\ta\tb\n2\tc\td\n"));
        Write("a", ("clusters.tsv", "x\ta\ny\tb\n"));
        Write(".hidden", ("note", ""));
        Assert.Equal(["a", "b"], TaskFolder.ReadAll(_root.Path).Select(task => task.Name));
        Assert.Equal("a", TaskFolder.Read(_root.File("a") + Path.DirectorySeparatorChar).Name);
    }

    [Theory]
    [InlineData("sts.tsv", "1\ta\tb\n", "sts.tsv, line 1: expected the header 'score<tab>sentence1<tab>sentence2'")]
    [InlineData("sts.tsv", Header + "1\ta\n", "sts.tsv, line 2: 2 columns; expected 3")]
    [InlineData("sts.tsv", Header + "1\ta\tb\n\nhigh\ta\tb\n", "sts.tsv, line 4: the score 'high' is not a number")]
    [InlineData("sts.tsv", Header + "NaN\ta\tb\n", "the score 'NaN'")]
    [InlineData("sts.tsv", Header, "0 sentence pairs; at least 2")]
    [InlineData("pairs.tsv", "1\ta\tb\nyes\ta\tb\n", "pairs.tsv, line 2: the label 'yes' is neither 0 nor 1")]
    [InlineData("clusters.tsv", "x\ta\tb\n", "clusters.tsv, line 1: 3 columns; expected 2")]
    [InlineData("clusters.tsv", "x\ta\nx\tb\n", "label 'x'")]
    [InlineData("bitext.tsv", "a\n", "bitext.tsv, line 1: 1 columns")]
    [InlineData("rerank.jsonl", "{\"query\": \"q\"\n", "rerank.jsonl, line 1: not a JSON object")]
    [InlineData("rerank.jsonl", "[]\n", "rerank.jsonl, line 1: Array")]
    [InlineData("rerank.jsonl", "{\"query\": \"q\", \"positive\": [\"p\"]}\n", "the field 'negative' is missing")]
    [InlineData("rerank.jsonl", "{\"query\": 1, \"positive\": [\"p\"], \"negative\": []}\n", "the field 'query' is Number")]
    [InlineData("rerank.jsonl", "{\"query\": \"q\", \"positive\": [1], \"negative\": []}\n", "item 0 of the field 'positive' is Number")]
    [InlineData("summaries.jsonl", "{\"text\": \"t\", \"human_summaries\": [\"h\"], \"machine_summaries\": [\"m\"], \"relevance\": [\"1\"]}\n", "item 0 of the field 'relevance'")]
    public void ADamagedFileIsNamedWithItsLine(string file, string content, string message)
    {
        Write("task", (file, content));
        string found = Assert.Throws<InvalidDataException>(() => TaskFolder.Read(_root.File("task"))).Message;
        Assert.Contains(message, found);
        Assert.Contains(_root.File("task"), found);
    }

    [Theory]
    [InlineData("q1\td1\n", "line 1: 2 columns")]
    [InlineData("q1\td1\t0.5\n", "line 1: the score '0.5' is not a whole number")]
    [InlineData("query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td1\t1\n", "line 3: the document 'd1' is judged twice")]
    [InlineData("q9\td1\t1\n", "'q9' is not among the queries")]
    [InlineData("q1\td9\t1\n", "another corpus")]
    public void DamagedJudgementsAreNamed(string judgements, string message)
    {
        Write("task", ("corpus.jsonl", """{"_id": "d1", "text": "a"}"""), ("queries.jsonl", """{"_id": "q1", "text": "b"}"""), ("qrels/test.tsv", judgements));
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => TaskFolder.Read(_root.File("task"))).Message);
    }

    [Fact]
    public void BytesThatAreNotUtf8AreNamed()
    {
        Write("task", ("clusters.tsv", "x\ta\n"));
        File.AppendAllBytes(_root.File("task/clusters.tsv"), [(byte)'y', (byte)'\t', 0xff, (byte)'\n']);
        Assert.Contains("not UTF-8", Assert.Throws<InvalidDataException>(() => TaskFolder.Read(_root.File("task"))).Message);
    }

    [Fact]
    public void MissingFilesAndFoldersAreNamed()
    {
        Write("train", ("train.tsv", "x\ta\ny\tb\n"));
        Assert.Contains("no test.tsv", Assert.Throws<FileNotFoundException>(() => TaskFolder.Read(_root.File("train"))).Message);
        Write("beir", ("corpus.jsonl", """{"_id": "d1", "text": "a"}"""), ("queries.jsonl", """{"_id": "q1", "text": "b"}"""));
        Assert.Contains("no qrels/test.tsv", Assert.Throws<FileNotFoundException>(() => TaskFolder.Read(_root.File("beir"))).Message);
        Assert.Contains("nowhere", Assert.Throws<DirectoryNotFoundException>(() => TaskFolder.Read(_root.File("nowhere"))).Message);
        Assert.Throws<DirectoryNotFoundException>(() => TaskFolder.ReadAll(_root.File("nowhere")));
        Assert.Throws<ArgumentException>(() => TaskFolder.Read(" "));
    }

    [Fact]
    public void AFolderIsOneTask()
    {
        Write("none", ("readme.txt", ""));
        Assert.Contains("expected one of corpus.jsonl, sts.tsv", Assert.Throws<InvalidDataException>(() => TaskFolder.Read(_root.File("none"))).Message);
        Write("two", ("sts.tsv", ""), ("pairs.tsv", ""));
        Assert.Contains("sts.tsv and pairs.tsv", Assert.Throws<InvalidDataException>(() => TaskFolder.Read(_root.File("two"))).Message);
        Assert.Contains("is itself a task", Assert.Throws<InvalidDataException>(() => TaskFolder.ReadAll(_root.File("two"))).Message);
        Assert.Contains("holds no folders", Assert.Throws<InvalidDataException>(() => TaskFolder.ReadAll(_root.File("none"))).Message);
    }

    private EvaluationTask Read(string type, string file, string content)
    {
        Write(type, (file, content));
        EvaluationTask task = TaskFolder.Read(_root.File(type));
        Assert.Equal(type, task.Type);
        return task;
    }

    private EvaluationTask Read(params (string File, string Content)[] files)
    {
        Write("task", files);
        return TaskFolder.Read(_root.File("task"));
    }

    private void Write(string folder, params (string File, string Content)[] files)
    {
        foreach ((string file, string content) in files)
        {
            string path = _root.File(Path.Combine(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
        }
    }
}
