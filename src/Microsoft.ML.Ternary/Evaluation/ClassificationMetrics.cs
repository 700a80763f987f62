// Predicted against true labels, as scikit-learn and so MTEB measure them.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Measures of predicted labels.</summary>
/// <param name="Accuracy">The share that is right.</param>
/// <param name="MacroF1">The mean of the labels' F1, over all labels that are true or predicted somewhere.</param>
/// <param name="WeightedPrecision">The labels' precision, each weighted by how often it is true.</param>
/// <param name="WeightedRecall">The labels' recall, weighted so; it equals the accuracy.</param>
/// <param name="WeightedF1">The labels' F1, weighted so.</param>
public sealed record ClassificationMetrics(double Accuracy, double MacroF1, double WeightedPrecision, double WeightedRecall, double WeightedF1)
{
    /// <summary>Measures predictions. Precision of a label that is never predicted, and recall of one that is never true, count as 0.</summary>
    /// <exception cref="ArgumentException">The sides differ in length or are empty.</exception>
    public static ClassificationMetrics Measure(ReadOnlySpan<int> truth, ReadOnlySpan<int> predicted)
    {
        if (truth.Length != predicted.Length || truth.Length == 0)
            throw new ArgumentException($"Expected a prediction for each of at least one label, got {truth.Length} labels and {predicted.Length} predictions.");
        Dictionary<int, Counts> labels = Count(truth, predicted);
        double n = truth.Length;
        return new ClassificationMetrics(
            labels.Values.Sum(label => label.Correct) / n,
            labels.Values.Average(label => label.F1),
            labels.Values.Sum(label => label.Precision * label.True) / n,
            labels.Values.Sum(label => label.Recall * label.True) / n,
            labels.Values.Sum(label => label.F1 * label.True) / n);
    }

    private static Dictionary<int, Counts> Count(ReadOnlySpan<int> truth, ReadOnlySpan<int> predicted)
    {
        Dictionary<int, Counts> labels = [];
        for (int i = 0; i < truth.Length; i++)
        {
            Counts label = labels.GetValueOrDefault(truth[i]);
            labels[truth[i]] = label with { True = label.True + 1, Correct = label.Correct + (truth[i] == predicted[i] ? 1 : 0) };
            label = labels.GetValueOrDefault(predicted[i]);
            labels[predicted[i]] = label with { Predicted = label.Predicted + 1 };
        }
        return labels;
    }

    private readonly record struct Counts(int True, int Predicted, int Correct)
    {
        public double Precision => Predicted == 0 ? 0 : (double)Correct / Predicted;

        public double Recall => True == 0 ? 0 : (double)Correct / True;

        public double F1 => 2.0 * Correct / (True + Predicted);
    }
}
