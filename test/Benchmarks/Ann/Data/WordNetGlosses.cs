// The library's own use: every definition of WordNet, embedded by the ternary model that the repository ships. Embedding them
// takes a minute or two, so the embeddings are kept, under the model's hash.
using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using Benchmarks.Reports;
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Samples.Common;

namespace Benchmarks.Ann.Data;

/// <summary>Embeds WordNet's glosses; some, drawn at random, are held out to search with.</summary>
internal static class WordNetGlosses
{
    private const int Queries = 5000, Seed = 1, TextsAtOnce = 8192;

    public static AnnDataset Prepare(DatasetContext context)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData([.. SHA256.HashData(File.ReadAllBytes(RepositoryFiles.TernaryModel)), .. SHA256.HashData(File.ReadAllBytes(RepositoryFiles.WordNet))]))[..12];
        AnnDataset dataset = new("wordnet", AnnMetric.Cosine, Path.Combine(context.Cache, "wordnet-" + hash),
            "all 117,659 WordNet glosses embedded by the shipped ternary model, 5,000 of them held out as queries");
        if (!dataset.IsPrepared)
        {
            (string[] corpus, string[] queries) = Split(Queries);
            using TextEncoder encoder = new(EmbeddingModelFile.Load(RepositoryFiles.TernaryModel));
            Write(dataset.BasePath, encoder, corpus, context.Cancellation);
            Write(dataset.QueriesPath, encoder, queries, context.Cancellation);
        }
        return dataset;
    }

    /// <summary>The glosses in two parts, shuffled: those to index and those to search with.</summary>
    public static (string[] Corpus, string[] Queries) Split(int queries)
    {
        string[] glosses = [.. Synset.ReadAll(RepositoryFiles.WordNet).Select(synset => synset.Gloss)];
        new Random(Seed).Shuffle(glosses);
        return (glosses[queries..], glosses[..queries]);
    }

    private static void Write(string path, TextEncoder encoder, string[] texts, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        float[] embeddings = new float[texts.Length * encoder.Dimension];
        for (int first = 0; first < texts.Length; first += TextsAtOnce)
        {
            int count = Math.Min(TextsAtOnce, texts.Length - first);
            encoder.Embed(new ArraySegment<string>(texts, first, count), embeddings.AsSpan(first * encoder.Dimension, count * encoder.Dimension), cancellation);
            Screen.Progress(string.Create(CultureInfo.InvariantCulture, $"wordnet: {first + count:N0} of {texts.Length:N0} glosses embedded in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s"));
        }
        for (int row = 0; row < texts.Length; row++)
        {
            Span<float> vector = embeddings.AsSpan(row * encoder.Dimension, encoder.Dimension);
            TensorPrimitives.Divide(vector, TensorPrimitives.Norm(vector), vector);
        }
        NpyFile.Write<float>(path, NpyFile.Float32, embeddings, encoder.Dimension);
    }
}
