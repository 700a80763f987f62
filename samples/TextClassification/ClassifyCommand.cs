// The first process: embeds, trains, measures, saves, and asks the second one for the same predictions.
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Checkpoints;
using Samples.Common;

namespace Samples.TextClassification;

internal static class ClassifyCommand
{
    private const double TestShare = 0.2;
    private const int ComparedPredictions = 200;

    public static int Run(string model, int glosses, string? output)
    {
        if (!File.Exists(model) && !Directory.Exists(model))
        {
            Console.Error.WriteLine($"There is no model at {model}. Make one with samples/DistillModel, or name another with --model.");
            return 1;
        }
        string pipeline = output ?? Path.Combine(Path.GetTempPath(), $"text-classification-{Environment.ProcessId}.zip");
        try
        {
            return Run(model, glosses, pipeline, new MLContext(seed: 1));
        }
        catch (Exception e) when (e is CheckpointException or IOException or ArgumentException or InvalidOperationException)
        {
            Console.Error.WriteLine("error: " + e.Message);
            return 1;
        }
        finally
        {
            if (output is null)
                File.Delete(pipeline);
        }
    }

    private static int Run(string model, int glosses, string pipeline, MLContext ml)
    {
        Stopwatch clock = Stopwatch.StartNew();
        DataOperationsCatalog.TrainTestData data = ml.Data.TrainTestSplit(ml.Data.LoadFromEnumerable(Draw(glosses)), TestShare, seed: 1);
        ITransformer chain = Train(ml, model, data.TrainSet);
        Console.WriteLine($"Embedded and trained in {clock.Elapsed.TotalSeconds:0.0} s.");
        Evaluate(ml, chain, data.TestSet);
        ml.Model.Save(chain, data.TrainSet.Schema, pipeline);
        Console.WriteLine($"Saved the pipeline, {new FileInfo(pipeline).Length / 1e6:0.0} MB with the model inside.");
        string[] texts = [.. data.TestSet.GetColumn<string>("Text").Take(ComparedPredictions)];
        return Compare(ml, chain, pipeline, texts) ? 0 : 1;
    }

    // Synsets in the order of the file are sorted by class, so they are drawn at random, the same ones each time.
    private static IEnumerable<Gloss> Draw(int count)
    {
        Synset[] synsets = [.. Synset.ReadAll(RepositoryFiles.WordNet)];
        new Random(1).Shuffle(synsets);
        return synsets.Take(count).Select(synset => new Gloss { Text = synset.Gloss, Label = synset.LexicographerClass });
    }

    private static ITransformer Train(MLContext ml, string model, IDataView rows)
    {
        var pipeline = ml.Transforms.Text.ApplyTernaryEmbedding("Features", "Text", model)
            .Append(ml.Transforms.Conversion.MapValueToKey("Label"))
            // The trainer passes over the rows many times; they are embedded once.
            .AppendCacheCheckpoint(ml)
            .Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: 0.1f))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        Console.WriteLine($"Embedding with {Path.GetFileName(model)} and training ...");
        return pipeline.Fit(rows);
    }

    private static void Evaluate(MLContext ml, ITransformer chain, IDataView rows)
    {
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(chain.Transform(rows));
        string[] labels = [.. rows.GetColumn<string>("Label")];
        double largest = labels.CountBy(label => label).Max(group => group.Value) / (double)labels.Length;
        Console.WriteLine($"Accuracy on {labels.Length:N0} glosses not learnt from, {labels.Distinct().Count()} classes: {metrics.MicroAccuracy:0.000}"
            + $" (always the largest class: {largest:0.000}); mean over classes {metrics.MacroAccuracy:0.000}.");
    }

    private static bool Compare(MLContext ml, ITransformer chain, string pipeline, string[] texts)
    {
        string[] there = Predictor.PredictInSecondProcess(pipeline, texts);
        using PredictionEngine<Gloss, Prediction> engine = ml.Model.CreatePredictionEngine<Gloss, Prediction>(chain);
        string[] here = [.. texts.Select(text => engine.Predict(new Gloss { Text = text }).Exactly())];
        int different = Math.Abs(here.Length - there.Length) + here.Zip(there).Count(pair => pair.First != pair.Second);
        foreach ((string text, string prediction) in texts.Zip(here).Take(3))
            Console.WriteLine($"  {prediction.Split(' ')[0],-20} {text}");
        Console.WriteLine(different == 0
            ? $"A second process that loaded it predicts the same to the last bit, for {texts.Length} of {texts.Length} glosses."
            : $"A second process that loaded it differs in {different} of {texts.Length} predictions.");
        return different == 0;
    }
}
