// AutoTernary as its users run it: a process, on a tiny teacher and a text file, in the folder that it was built in, where libtorch is.
using System.Text.Json;
using Microsoft.ML.Ternary.Checkpoints;

namespace Samples.Tests;

public sealed class AutoTernaryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("auto-ternary-").FullName;

    public AutoTernaryTests()
    {
        string[] words = ["the", "cat", "dog", "was", "hot", "one", "word", "that", "they", "all", "how", "said"];
        File.WriteAllLines(At("corpus.txt"), Enumerable.Range(0, 150).Select(i => string.Join(' ', Enumerable.Range(0, 5).Select(j => words[(i * 5 + j * (i + 1)) % words.Length]))));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task TrialsAreShownTheFrontPrintedAndWrittenAndTheBestModelSaved()
    {
        string[] arguments = ["--corpus", At("corpus.txt"), "--trials", "3", "--steps", "4", "--resume", At("experiment"), "--json", At("x.json"), "--output", At("best.ternary")];
        (int exit, string output, string error) = await Run(arguments);
        Assert.True(exit == 0, error);
        Assert.Contains("trial 3, rung 0: ", output);
        Assert.Contains("the best so far", output);
        Assert.Contains("Pareto front of size, speed and quality", output);
        JsonElement json = JsonDocument.Parse(File.ReadAllText(At("x.json"))).RootElement;
        Assert.Equal(4, json.GetProperty("trials").EnumerateArray().Count(trial => trial.GetProperty("status").GetString() == "completed"));
        Assert.NotEmpty(json.GetProperty("front").EnumerateArray());
        Assert.True(TernaryModelFile.Load(At("best.ternary")).Weights.Layers.Count > 0);
        Assert.Equal(json.GetProperty("best").GetProperty("bytes").GetInt64(), new FileInfo(At("best.ternary")).Length);

        (exit, output, error) = await Run(arguments);
        Assert.True(exit == 0, error);
        Assert.DoesNotContain("rung 0: ", output);
        (exit, _, error) = await Run([.. arguments, "--vary", "PrecisionRamp=0,0.3"]);
        Assert.Equal(1, exit);
        Assert.Contains("differs in search space", error);
        (exit, _, error) = await Run([.. arguments, "--seed", "9"]);
        Assert.Equal(1, exit);
        Assert.Contains("differs in seed", error);
    }

    [Fact]
    public async Task WhatIsWrongIsSaidInOneLine()
    {
        await AssertRefused("absent.txt", "--corpus", At("absent.txt"));
        await AssertRefused("MaxTrials", "--corpus", At("corpus.txt"), "--trials", "0");
        await AssertRefused("within the limits", "--corpus", At("corpus.txt"), "--size-mb", "0.001");
        await AssertRefused("PrecisionRamp cannot be 'much'", "--corpus", At("corpus.txt"), "--vary", "PrecisionRamp=0,much");
        await AssertRefused("Name=value,value", "--corpus", At("corpus.txt"), "--vary", "PrecisionRamp");
        await AssertRefused("no folder", "--corpus", At("corpus.txt"), "--task", At("absent"));
    }

    private async Task AssertRefused(string because, params string[] arguments)
    {
        (int exit, _, string error) = await Run([.. arguments, "--steps", "1"]);
        Assert.Equal(1, exit);
        Assert.StartsWith("error: ", error);
        Assert.Contains(because, error);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private static Task<(int ExitCode, string Output, string Error)> Run(params string[] arguments) =>
        SampleProcess.Run("AutoTernary", ["--teacher", SampleProcess.TinyTeacher, "--threads", "1", .. arguments]);
}
