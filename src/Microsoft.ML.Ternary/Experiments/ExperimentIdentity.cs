// What makes two experiments the same one: going on in a folder makes sense only if all of it agrees.
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Experiments;

internal static class ExperimentIdentity
{
    // A corpus may be endless, and its first texts tell it from others.
    private const int TextsLookedAt = 4096;

    /// <summary>The experiment by what it was asked, under the names of the options. The time budget may change.</summary>
    public static Dictionary<string, string> Of(EmbeddingModel teacher, Func<IEnumerable<string?>> corpus, TernaryExperimentOptions options)
    {
        DistillationOptions shared = options.Distillation;
        return new Dictionary<string, string>
        {
            ["teacher"] = HashOf(teacher),
            ["corpus"] = HashOf(corpus().Take(TextsLookedAt)),
            ["held-out texts"] = shared.HeldOut is null ? "from the corpus" : HashOf(shared.HeldOut),
            ["metric"] = options.Task is null ? "cosine to the teacher" : $"{options.Task.Name} {options.Task.MainMetric} {HashOf(options.Task.Texts)}",
            ["search space"] = options.SearchSpace.Describe(),
            ["recipe"] = JsonSerializer.Serialize(shared.Recipe),
            ["full-precision layers"] = RecipeOption.Text(shared.FullPrecisionLayers),
            ["seed"] = Text(shared.EffectiveSeed),
            ["greatest length"] = Text(shared.MaxLength),
            ["device and precision"] = $"{shared.Device} {shared.Precision}",
            ["trials"] = Text(options.MaxTrials),
            ["reduction factor"] = Text(options.ReductionFactor),
            ["steps"] = options.Steps is int steps ? Text(steps) : "by time",
            ["limits"] = FormattableString.Invariant($"{options.MaxBytes} bytes, {options.MaxMillisecondsPerText} ms a text, {options.MinTextsPerSecond} texts/s on {options.SpeedThreadCount} threads"),
        };
    }

    private static string HashOf(EmbeddingModel teacher)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (DenseLinearWeights linear in teacher.Weights.Layers.SelectMany(layer => layer.Linears()).Select(part => part.Weights).OfType<DenseLinearWeights>())
            hash.AppendData(MemoryMarshal.AsBytes<float>(linear.Matrix));
        return Short(hash);
    }

    private static string HashOf(IEnumerable<string?> texts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string? text in texts)
            hash.AppendData(Encoding.UTF8.GetBytes((text ?? "") + "\n"));
        return Short(hash);
    }

    private static string Short(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
