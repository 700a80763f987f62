// Evaluate is run as its users run it: as a process, on small models and tasks of a few lines.
using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;
using Samples.Common;

namespace Samples.Tests;

public sealed class EvaluateTests : IDisposable
{
    private static readonly string Teacher = Path.Combine(RepositoryFiles.Root, "test", "Microsoft.ML.Ternary.Tests", "Golden", "tiny", "st-mean");

    private readonly string _folder = Directory.CreateTempSubdirectory("evaluate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task EveryModelAndBaselineIsPutToEveryTaskThatItCanAnswer()
    {
        Outcome outcome = await Run(
            "--model", Teacher, Student(), "--tasks", Tasks(), "--json", At("out.json"), "--html", At("out.html"));

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Row[] rows = Rows();
        string[] models = ["st-mean", "student.ternary", "ptq-matrix", "ptq-row", "ptq-2digit", "ptq-4bit", "zeroed", "bm25", "tf-idf"];
        Assert.Equal(models, rows.Select(row => row.model).Distinct());
        Assert.Equal(models, rows.Where(row => row is { task: "find", metric: "ndcg_at_10" }).Select(row => row.model));
        Assert.Equal(models.Where(model => model != "bm25"), rows.Where(row => row is { task: "sts", metric: "cosine_spearman" }).Select(row => row.model));
        Assert.Contains(rows, row => row is { model: "st-mean", task: "summary", metric: "retention_mean", value: 1 });
        Assert.Contains(rows, row => row is { model: "student.ternary", task: "summary", metric: "cosine_p5" });
        Assert.Equal(new FileInfo(At("student.ternary")).Length / 1e6, rows.Single(row => row is { model: "student.ternary", metric: "size_mb" }).value, 1e-6);
        Assert.True(Size(rows, "ptq-row") < Size(rows, "ptq-2digit"));
        string html = File.ReadAllText(At("out.html"));
        Assert.Contains(XElement.Parse(html[html.IndexOf('\n')..]).Descendants("th"), cell => cell.Value == "student.ternary");
        Assert.Contains("st-mean  2/2 sts: cosine_spearman", outcome.Error);
        Assert.Contains("retention", outcome.Output);
    }

    [Fact]
    public async Task ADamagedModelIsNamedAndTheOthersKeepTheirResults()
    {
        File.WriteAllText(At("damaged.ternary"), "not a model");

        Outcome outcome = await Run("--model", At("damaged.ternary"), Student(), "--teacher", Teacher, "--baselines", "none", "--tasks", Tasks(), "--json", At("out.json"), "--html", At("out.html"));

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(At("damaged.ternary"), outcome.Error);
        Assert.Equal(["st-mean", "student.ternary"], Rows().Select(row => row.model).Distinct());
        Assert.Contains("damaged.ternary", File.ReadAllText(At("out.html")));
    }

    [Fact]
    public async Task ABuiltInTaskCutShortSaysThatItsFiguresMeanLittle()
    {
        Outcome outcome = await Run("--model", Teacher, "--baselines", "none", "--tasks", Tasks(), "--builtin", "--only", "lemma-pairs", "sts", "--limit", "4", "--json", At("out.json"));

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(["sts", "lemma-pairs", "summary"], Rows().Select(row => row.task).Distinct());
        Assert.Contains("at most 4 queries", outcome.Output);
    }

    [Fact]
    public async Task ModelsOfOneNameAreToldApartByTheirFolders()
    {
        Directory.CreateDirectory(At("a"));
        Directory.CreateDirectory(At("b"));
        foreach (string folder in new[] { "a", "b" })
            File.Copy(Student(), At($"{folder}/m.ternary"));

        Outcome outcome = await Run("--model", Teacher, At("a/m.ternary"), At("b/m.ternary"), "--baselines", "none", "--tasks", Tasks(), "--only", "sts", "--json", At("out.json"));

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(["st-mean", "m.ternary", "b/m.ternary"], Rows().Select(row => row.model).Distinct());
    }

    [Fact]
    public async Task WhatIsWrongIsSaidBeforeAnyModelIsLoaded()
    {
        string tasks = Tasks();
        Assert.Contains("default-ternary", await Fail("--model", At("absent"), "--tasks", tasks));
        Assert.Contains("--baselines: there is no 'ptq-5bit'", await Fail("--model", Teacher, "--baselines", "ptq-5bit", "--tasks", tasks));
        Assert.Contains("--only: there is no task 'find-it'; there are find, sts.", await Fail("--model", Teacher, "--tasks", tasks, "--only", "find-it"));
        Assert.Contains("--limit is 1", await Fail("--model", Teacher, "--tasks", tasks, "--limit", "1"));
        Assert.Contains("--few-shot is 0", await Fail("--model", Teacher, "--tasks", tasks, "--few-shot", "0"));
        Assert.Contains("--threads is 0", await Fail("--model", Teacher, "--tasks", tasks, "--threads", "0"));
        Assert.Contains("There is no folder", await Fail("--model", Teacher, "--tasks", At("absent")));
        Assert.Contains("There is no folder", await Fail("--model", Teacher, "--eval", At("absent")));
        Assert.Contains("is a folder; name the file", await Fail("--model", Teacher, "--tasks", tasks, "--json", tasks));
        Assert.Contains("Two tasks are named 'find'", await Fail("--model", Teacher, "--tasks", tasks, tasks));
        File.WriteAllText(Path.Combine(tasks, "sts", "sts.tsv"), "score\tsentence1\tsentence2\nmuch\ta\tb\n");
        Assert.Contains("sts.tsv, line 2", await Fail("--model", Teacher, "--tasks", tasks));
        Assert.False(File.Exists(At("out.json")));
    }

    [Fact]
    public async Task CtrlCKeepsWhatIsDone()
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            Assert.Skip("Signals are sent with kill.");
        if (EmbedFileTests.IgnoresInterrupts())
            Assert.Skip("This process was started with SIGINT ignored, as shells start background jobs, and its children inherit that.");
        using Process process = Start("--model", Teacher, "--tasks", Tasks(), "--builtin", "--json", At("out.json"));
        while (await process.StandardError.ReadLineAsync() is string line && !line.Contains("2/", StringComparison.Ordinal))
        {
        }

        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString()]))
            await kill.WaitForExitAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(130, process.ExitCode);
        Assert.Contains("what is done is kept", error);
        Assert.Contains(Rows(), row => row is { model: "st-mean", task: "sts", metric: "cosine_spearman" });
    }

    private static double Size(Row[] rows, string model) => rows.Single(row => row.model == model && row.metric == "size_mb").value;

    [Fact]
    public async Task FourBitsASizeAreThoseOfCodesAndScales()
    {
        Outcome outcome = await Run("--model", Teacher, "--baselines", "ptq-4bit", "--tasks", Tasks(), "--only", "sts", "--json", At("out.json"));

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        EmbeddingModel teacher = HuggingFaceFolder.Load(Teacher);
        (int Rows, int Columns)[] shapes = [.. teacher.Weights.Layers.SelectMany(layer => layer.Linears()).Select(part => (part.Weights.OutputSize, part.Weights.InputSize))];
        long codes = shapes.Sum(shape => (long)shape.Rows * shape.Columns) / 2, scales = shapes.Sum(shape => 2L * shape.Rows * ((shape.Columns + 31) / 32));
        long float16 = shapes.Sum(shape => 2L * shape.Rows * shape.Columns);
        Assert.Equal((TernaryModelFile.Accounting(teacher).TotalBytes - float16 + codes + scales) / 1e6, Size(Rows(), "ptq-4bit"), 2e-4);
        Assert.Contains("runs dense", outcome.Output);
    }

    private Row[] Rows() => JsonSerializer.Deserialize<Row[]>(File.ReadAllText(At("out.json")))!;

    private string Student()
    {
        TernaryModelFile.Save(ModelTernarizer.Ternarize(HuggingFaceFolder.Load(Teacher), TernaryScaling.PerRow()), At("student.ternary"));
        return At("student.ternary");
    }

    private string Tasks()
    {
        foreach (string folder in new[] { "tasks/sts", "tasks/find/qrels" })
            Directory.CreateDirectory(At(folder));
        File.WriteAllText(At("tasks/sts/sts.tsv"), "score\tsentence1\tsentence2\n5\tthe cat\tthe cat\n3\tthe cat\tthe dog was hot\n0\tone word\tthey all\n1\thow\tthe said\n");
        File.WriteAllLines(At("tasks/find/corpus.jsonl"), Enumerable.Range(0, 9).Select(i => $$"""{"_id": "d{{i}}", "title": "", "text": "the cat {{i}} was hot"}"""));
        File.WriteAllLines(At("tasks/find/queries.jsonl"), Enumerable.Range(0, 4).Select(i => $$"""{"_id": "q{{i}}", "text": "cat {{i}}"}"""));
        File.WriteAllLines(At("tasks/find/qrels/test.tsv"), ["query-id\tcorpus-id\tscore", .. Enumerable.Range(0, 4).Select(i => $"q{i}\td{i}\t1")]);
        return At("tasks");
    }

    private static async Task<string> Fail(params string[] arguments)
    {
        Outcome outcome = await Run(arguments);
        Assert.Equal(1, outcome.ExitCode);
        return outcome.Error;
    }

    private static async Task<Outcome> Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Outcome(process.ExitCode, error, await output);
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Evaluate.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private string At(string name) => Path.Combine(_folder, name);

    private sealed record Row(string model, string task, string metric, double value);

    private sealed record Outcome(int ExitCode, string Error, string Output);
}
