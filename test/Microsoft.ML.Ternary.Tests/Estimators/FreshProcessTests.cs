// A pipeline saved here is loaded by a program that has never heard of it. This is also the guard of the versions of ML.NET that
// are supported: it fails where loading by assembly name, or the access to ML.NET's internals, no longer works.
using System.Diagnostics;

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

    private static string Bits(TextPrediction prediction) =>
        string.Join(' ', prediction.Embedding.Concat(prediction.Score).Select(BitConverter.SingleToUInt32Bits));

    private static string[] RunFreshProcess(string model, IEnumerable<string> texts)
    {
        ProcessStartInfo start = new("dotnet", [Program(), model])
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
