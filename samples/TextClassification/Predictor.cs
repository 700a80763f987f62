// The second process. It has the saved pipeline and nothing else: no model file, no registration, no type of this package.
using System.Diagnostics;
using Microsoft.ML;

namespace Samples.TextClassification;

internal static class Predictor
{
    /// <summary>Loads a pipeline and writes a prediction for every line of standard input.</summary>
    public static int PredictInput(string pipeline)
    {
        MLContext ml = new();
        ITransformer model = ml.Model.Load(pipeline, out _);
        using PredictionEngine<Gloss, Prediction> engine = ml.Model.CreatePredictionEngine<Gloss, Prediction>(model);
        while (Console.In.ReadLine() is string text)
            Console.WriteLine(engine.Predict(new Gloss { Text = text }).Exactly());
        return 0;
    }

    /// <summary>Starts this program again to predict <paramref name="texts"/>, and returns the lines that it writes.</summary>
    /// <exception cref="InvalidOperationException">The second process failed.</exception>
    public static string[] PredictInSecondProcess(string pipeline, IReadOnlyCollection<string> texts)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // "dotnet TextClassification.dll" runs the host, which has to be told the program again.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(Predictor).Assembly.Location);
        start.ArgumentList.Add("predict");
        start.ArgumentList.Add(pipeline);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        foreach (string text in texts)
            process.StandardInput.WriteLine(text);
        process.StandardInput.Close();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"The second process ended with exit code {process.ExitCode}.");
        return output.Result.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }
}
