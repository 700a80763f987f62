// The door to experiments, where an ML.NET user looks for what is done to a text column. ml.Auto() belongs to another package, which
// may be referenced beside this one, so its name is left alone.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Experiments;

namespace Microsoft.ML;

/// <summary>Automatic experiments from an <see cref="MLContext"/>.</summary>
public static class TernaryExperimentExtensions
{
    /// <summary>Makes an experiment that finds out how a model is best distilled into ternary weights.</summary>
    /// <param name="catalog">The text transforms of an MLContext; its seed is the experiment's where the options name none.</param>
    /// <param name="teacher">The model to distil: a Hugging Face or sentence-transformers folder.</param>
    /// <param name="options">What to search, what for, how long; null for the defaults.</param>
    /// <exception cref="CheckpointException">The teacher is absent, damaged or of a kind that is not supported.</exception>
    /// <exception cref="ArgumentException">The teacher is not in full precision, or an option is wrong.</exception>
    /// <example><code><![CDATA[
    /// TernaryExperimentResult result = ml.Transforms.Text
    ///     .CreateTernaryExperiment("samples/models/all-MiniLM-L6-v2", new() { MaxBytes = 11_000_000, TimeBudget = TimeSpan.FromHours(1) })
    ///     .Execute(unlabelledText, "Text");
    /// result.Print(Console.Out);
    /// var pipeline = ml.Transforms.Text.ApplyTernaryEmbedding("Features", "Text", result.BestModel);
    /// ]]></code></example>
    public static TernaryExperiment CreateTernaryExperiment(
        this TransformsCatalog.TextTransforms catalog, string teacher, TernaryExperimentOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(teacher);
        return catalog.CreateTernaryExperiment(EmbeddingModelFile.Load(teacher), options);
    }

    /// <summary>Makes an experiment on a teacher that is loaded already.</summary>
    /// <param name="catalog">The text transforms of an MLContext; its seed is the experiment's where the options name none.</param>
    /// <param name="teacher">The model to distil, in full precision.</param>
    /// <param name="options">What to search, what for, how long; null for the defaults.</param>
    /// <exception cref="ArgumentException">The teacher is not in full precision, or an option is wrong.</exception>
    public static TernaryExperiment CreateTernaryExperiment(
        this TransformsCatalog.TextTransforms catalog, EmbeddingModel teacher, TernaryExperimentOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new TernaryExperiment(catalog.GetEnvironment(), teacher, options ?? new TernaryExperimentOptions());
    }
}
