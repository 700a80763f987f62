// A pipeline saved here is loaded by a program that has never heard of it. This is also the guard of the versions of ML.NET that
// are supported: it fails where loading by assembly name, or the access to ML.NET's internals, no longer works.
using System.Diagnostics;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class FreshProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void APipelineSavedHerePredictsTheSameInAFreshProcess()
    {
        using TemporaryFolder folder = new();
        string[] texts = [.. TinyModels.Texts(60), " ", "the cat"];
        IDataView rows = TextRow.View(_ml, texts);
        ITransformer chain = _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", TinyModels.Normalized, new() { Prefix = "the " })
            .Append(_ml.Transforms.Conversion.MapValueToKey("Label"))
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Embedding", maximumNumberOfIterations: 5))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(rows);
        _ml.Model.Save(chain, rows.Schema, folder.File("chain.zip"));

        string[] lines = RunFreshProcess(folder.File("chain.zip"), texts);
        using PredictionEngine<TextRow, TextPrediction> engine = _ml.Model.CreatePredictionEngine<TextRow, TextPrediction>(chain);
        Assert.Equal("Text Label", lines[0]);
        Assert.Equal(texts.Select(text => Bits(engine.Predict(new TextRow { Text = text }))), lines[1..^1]);

        // Who asks for no GPU does not pay for one.
        Assert.Equal("no ILGPU", lines[^1]);
    }

    [Fact]
    public void AnIndexNextToItsModelIsFoundFromAFreshProcessWhereverThatRuns()
    {
        using TemporaryFolder folder = new();
        IDataView rows = _ml.Transforms.SelectColumns("Embedding").Fit(NeighborRow.View(_ml)).Transform(NeighborRow.View(_ml));
        ITransformer index = _ml.Transforms.NearestNeighbors(
            "Neighbors", "Embedding", new() { Metric = AnnMetric.L2, K = 3, NeighborsAs = NeighborForm.Keys, SaveIndexAs = "points.ann" }).Fit(rows);
        _ml.Model.Save(index, rows.Schema, folder.File("search.zip"));
        Assert.True(File.Exists(folder.File("points.ann")));

        // Point 3 lies at 7, 2 at 3, 1 at 1 and 0 at 0; keys count from 1.
        Assert.Equal(
            ["Embedding", $"4 3 2: {Bits([0.25f, 12.25f, 30.25f])}", $"1 2 3: {Bits([0.0625f, 0.5625f, 7.5625f])}", "no ILGPU"],
            RunFreshProcess(folder.File("search.zip"), ["6.5 1", "0.25 1"], "neighbors"));
    }

    private static string Bits(IEnumerable<float> numbers) => string.Join(' ', numbers.Select(BitConverter.SingleToUInt32Bits));

    private static string Bits(TextPrediction prediction) => Bits(prediction.Embedding.Concat(prediction.Score));

    private static string[] RunFreshProcess(string model, IEnumerable<string> texts, params string[] more)
    {
        ProcessStartInfo start = new("dotnet", [Program(), model, .. more])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        foreach (string text in texts)
            process.StandardInput.WriteLine(text);
        process.StandardInput.Close();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            Assert.Fail($"The fresh process did not end within {Patience}.");
        }
        Assert.True(process.ExitCode == 0, errors.Result);
        return output.Result.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
    }

    // Built beside this project, in the same configuration.
    private static string Program()
    {
        string output = Path.GetRelativePath(Path.Combine(TestPaths.Repository, "test", "Microsoft.ML.Ternary.Tests"), AppContext.BaseDirectory);
        return Path.Combine(TestPaths.Repository, "test", "LoadInFreshProcess", output, "LoadInFreshProcess.dll");
    }
}
