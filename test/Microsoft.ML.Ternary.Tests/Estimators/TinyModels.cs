// Small models for tests of the pipeline: real tokenizers and the real forward pass, random weights, a few milliseconds each.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Estimators;

internal static class TinyModels
{
    /// <summary>A sentence-transformers model with ternary weights that normalises.</summary>
    public static EmbeddingModel Normalized { get; } = Ternary("st-mean");

    /// <summary>The same in full precision.</summary>
    public static EmbeddingModel FullPrecision { get; } = HuggingFaceFolder.Load(TestPaths.Tiny("st-mean"));

    /// <summary>A model with ternary weights that does not normalise.</summary>
    public static EmbeddingModel NotNormalized { get; } = WithoutNormalize(Normalized);

    /// <summary>Texts of many lengths, some of them blank, in the words of the tiny models' vocabulary and in none of them.</summary>
    public static string[] Texts(int count) =>
        [.. Enumerable.Range(0, count).Select(i => i % 13 == 0 ? "" : string.Join(' ', Enumerable.Range(0, i % 7 + 1).Select(word => "tok" + (i * 31 + word * 17) % 130)))];

    private static EmbeddingModel Ternary(string name) =>
        ModelTernarizer.Ternarize(HuggingFaceFolder.Load(TestPaths.Tiny(name)), TernaryScaling.PerRow());

    private static EmbeddingModel WithoutNormalize(EmbeddingModel model) =>
        new(model.Config, model.Tokenizer, model.Weights, model.Pooling, model.DenseModules, normalize: false);
}
