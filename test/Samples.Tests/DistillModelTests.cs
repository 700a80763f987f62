// DistillModel as its users run it, on a tiny teacher: recipes from the command line, and their comparison.
using System.Text.Json;

namespace Samples.Tests;

public sealed class DistillModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("distill-model-").FullName;

    public DistillModelTests()
    {
        string[] words = ["the", "cat", "dog", "was", "hot", "one", "word", "that", "they", "all", "how", "said"];
        string[] texts = [.. Enumerable.Range(0, 150).Select(i => string.Join(' ', Enumerable.Range(0, 5).Select(j => words[(i * 5 + j * (i + 1)) % words.Length])))];
        File.WriteAllLines(At("corpus.txt"), texts[20..]);
        File.WriteAllLines(At("held-out.txt"), texts[..20]);
        File.WriteAllLines(At("sts.tsv"), Enumerable.Range(0, 6).Select(i => $"genre\tfile\tyear\t{i}\t{i % 5}\t{texts[i]}\t{texts[2 * i]}"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task SettingsOfTheRecipeAreTakenAndTheReportIsWritten()
    {
        (int exit, _, string error) = await Run(
            "--corpus", At("corpus.txt"), "--steps", "4", "--set", "HiddenStateLayers=all", "--set", "PrecisionRamp=0.5",
            "--json", At("report.json"), "--output", At("model.ternary"));
        Assert.True(exit == 0, error);
        JsonElement report = JsonDocument.Parse(File.ReadAllText(At("report.json"))).RootElement;
        Assert.Equal(4, report.GetProperty("steps").GetInt32());
        Assert.Equal("all", report.GetProperty("recipe").GetProperty("HiddenStateLayers").GetString());
        Assert.InRange(report.GetProperty("cosine_p5").GetDouble(), -1, report.GetProperty("cosine_mean").GetDouble());
        Assert.NotEmpty(report.GetProperty("loss_curve").EnumerateArray());
        Assert.True(File.Exists(At("model.ternary")));

        (exit, string output, error) = await Run("evaluate", "--model", At("model.ternary"), "--held-out", At("held-out.txt"), "--forms", "8/16", "--json", At("figures.json"));
        Assert.True(exit == 0, error);
        Assert.Contains("16 components", output);
        JsonElement forms = JsonDocument.Parse(File.ReadAllText(At("figures.json"))).RootElement[1].GetProperty("forms");
        Assert.Equal(12, forms.GetArrayLength());
        Assert.Equal("Binary", forms[3].GetProperty("form").GetString());
    }

    [Fact]
    public async Task RecipesAreComparedSeedBySeedAndNothingIsDoneTwice()
    {
        string[] question =
        [
            "ablation", "--corpus", At("corpus.txt"), "--held-out", At("held-out.txt"), "--sts", At("sts.tsv"), "--tokens", "900",
            "--json", At("table.json"), "--models", At("models"),
        ];
        string[] arguments = [.. question, "--seeds", "1", "2", "--recipe", "plain", "soft:PrecisionRamp=0.5,SimilarityLoss=SquaredError"];
        (int exit, string output, string error) = await Run(arguments);
        Assert.True(exit == 0, error);
        JsonElement table = JsonDocument.Parse(File.ReadAllText(At("table.json"))).RootElement;
        Assert.Equal(
            ["plain 1", "soft 1", "plain 2", "soft 2"],
            table.GetProperty("rows").EnumerateArray().Select(row => $"{row.GetProperty("recipe").GetString()} {row.GetProperty("seed").GetInt32()}"));
        Assert.All(table.GetProperty("rows").EnumerateArray(), row =>
        {
            Assert.InRange(row.GetProperty("tokens").GetInt64(), 700, 1100);
            Assert.InRange(row.GetProperty("cosine_spearman").GetDouble(), -1, 1);
        });
        JsonElement mean = table.GetProperty("summary")[1];
        Assert.Equal(2, mean.GetProperty("seeds").GetInt32());
        Assert.True(mean.GetProperty("cosine_spread").GetDouble() >= 0);
        Assert.Equal(4, Directory.GetFiles(At("models")).Length);
        Assert.Empty(Directory.GetFiles(_folder, "*.checkpoint"));

        (exit, output, _) = await Run([.. arguments, "third:WarmUp=0.2"]);
        Assert.Equal(0, exit);
        Assert.DoesNotContain("plain, seed", output);
        Assert.Contains("third, seed 2", output);

        await AssertRefused("give one of them another name", [.. question, "--recipe", "soft:PrecisionRamp=0.4"]);
        await AssertRefused("answers another question", [.. question, "--max-length", "9", "--recipe", "plain"]);
    }

    [Fact]
    public async Task WhatIsWrongIsSaid()
    {
        await AssertRefused("PrecisionRamp cannot be 'much'", "--corpus", At("corpus.txt"), "--set", "PrecisionRamp=much");
        string[] ablation = ["ablation", "--corpus", At("corpus.txt"), "--held-out", At("held-out.txt"), "--json", At("none.json")];
        await AssertRefused("either --minutes or --tokens", [.. ablation, "--recipe", "plain"]);
        await AssertRefused("begin with a name", [.. ablation, "--tokens", "9", "--recipe", "PrecisionRamp=0.5"]);
        await AssertRefused("named twice", [.. ablation, "--tokens", "9", "--recipe", "a", "a:WarmUp=0.1"]);
        // What is in the way of a run is no result of its recipe, and costs nobody a checkpoint.
        string checkpoint = At("none.json.plain-1.checkpoint");
        File.WriteAllText(checkpoint, "not a checkpoint");
        await AssertRefused("damaged or cut short", [.. ablation, "--tokens", "900", "--recipe", "plain"]);
        Assert.True(File.Exists(checkpoint));
        Assert.False(File.Exists(At("none.json")));
    }

    private async Task AssertRefused(string because, params string[] arguments)
    {
        (int exit, _, string error) = await Run(arguments);
        Assert.Equal(1, exit);
        Assert.Contains(because, error);
    }

    private string At(string name) => Path.Combine(_folder, name);

    // Options of the root command come before its subcommands' names or belong to them; all commands here know the teacher.
    private static Task<(int ExitCode, string Output, string Error)> Run(params string[] arguments) =>
        SampleProcess.Run("DistillModel", [.. arguments, "--teacher", SampleProcess.TinyTeacher]);
}
