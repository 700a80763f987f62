// No engine may be fast by being wrong: before anything is timed, embeddings are compared with float32's.
using System.Globalization;
using System.Numerics.Tensors;
using Benchmarks.Engines;
using Benchmarks.Models;
using Benchmarks.Reports;

namespace Benchmarks.Encode;

/// <summary>Compares engines with the float32 reference.</summary>
internal static class EngineAgreement
{
    // Peers run other graphs for few tokens than for many, and with padding than without.
    private static readonly BatchShape[] FullShapes = [new(2, 16), new(2, 128)];

    /// <summary>The least cosine of each engine's embeddings to the reference's, over a batch with padding and two without.</summary>
    /// <exception cref="InvalidDataException">One is below what the engine's precision allows.</exception>
    public static double[] Check(PreparedModel model, IReadOnlyList<EncodeEngineKind> kinds, IReadOnlyList<EncodeEngine> engines, int threads)
    {
        BenchmarkBatch[] batches = [BenchmarkBatch.ForComparison(model.Model.Tokenizer), .. FullShapes.Select(BenchmarkBatch.OfOneLength)];
        float[][] expected = Expected(model, kinds, engines, threads, batches);
        RequireDistinct(expected[0], model.Model.Dimension);
        double[] cosines = [.. engines.Select(engine => batches.Select((batch, i) => EmbeddingCosine.Least(Embed(engine, batch), expected[i], model.Model.Dimension)).Min())];
        for (int i = 0; i < cosines.Length; i++)
        {
            Screen.Progress(string.Create(CultureInfo.InvariantCulture, $"{model.Description.Name} {threads}T {kinds[i].Name,-16} least cosine to float32 {cosines[i]:F5}"));
            if (!(cosines[i] >= kinds[i].MinimumCosine))
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{kinds[i].Name} computes {model.Description.Name} wrongly: an embedding has cosine {cosines[i]:F4} to float32's, at least {kinds[i].MinimumCosine} was expected. Its speed means nothing."));
        }
        return cosines;
    }

    // The reference is loaded for the comparison only where it is not among the engines.
    private static float[][] Expected(PreparedModel model, IReadOnlyList<EncodeEngineKind> kinds, IReadOnlyList<EncodeEngine> engines, int threads, BenchmarkBatch[] batches)
    {
        for (int i = 0; i < kinds.Count; i++)
        {
            if (kinds[i].Name == EncodeEngines.Reference)
                return [.. batches.Select(batch => Embed(engines[i], batch))];
        }
        using EncodeEngine reference = EncodeEngines.Parse(EncodeEngines.Reference).Create(model, threads);
        return [.. batches.Select(batch => Embed(reference, batch))];
    }

    private static float[] Embed(EncodeEngine engine, BenchmarkBatch batch)
    {
        engine.Prepare(batch);
        engine.Run();
        return engine.Embeddings.ToArray();
    }

    // Were all embeddings of a model alike, agreeing with them would prove nothing.
    private static void RequireDistinct(float[] embeddings, int dimension)
    {
        float cosine = TensorPrimitives.CosineSimilarity(embeddings.AsSpan(0, dimension), embeddings.AsSpan(dimension, dimension));
        if (!(cosine < 0.8f))
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"Two different texts embed with cosine {cosine:F4}: the model tells nothing apart, so its embeddings cannot show that an engine is right."));
    }
}
