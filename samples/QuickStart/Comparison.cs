// All contenders on the same entries and the same held-out definitions, with the lexical baseline beside them.
using Microsoft.ML.Ternary.Evaluation;
using Samples.Common;

namespace Samples.QuickStart;

/// <summary>One contender's figures; what it does not have is null.</summary>
internal sealed record Figures(
    string Name, long? DiskBytes, long? MemoryBytes, double? SentencesPerSecondOneThread, double? SentencesPerSecond,
    double RecallAt1, double RecallAt10, double? CosineMean, double? NeighbourOverlap);

internal sealed record Comparison(Figures Teacher, Figures Shipped, Figures Copy, Figures Rounded, Figures Zeroed, Figures Bm25)
{
    private const int K = 10;

    // Definitions timed: enough for a steady figure, few enough not to wait for.
    private const int TimedTexts = 500;

    public IEnumerable<Figures> Rows => [Teacher, Shipped, Copy, Rounded, Zeroed, Bm25];

    public static Comparison Run(Contender[] contenders, ReverseDictionary dictionary, TemporaryFolder temporary, CancellationToken cancellation)
    {
        string[] timed = [.. dictionary.Definitions.Take(TimedTexts)];
        double[] oneThread = Screen.Working("Timing on one thread", () => Speed.SentencesPerSecond(contenders, timed, 1, cancellation));
        double[] allThreads = Screen.Working("Timing on all threads", () => Speed.SentencesPerSecond(contenders, timed, Environment.ProcessorCount, cancellation));
        long?[] memory = Screen.Working("Measuring memory, each in a process of its own", () => contenders.Select(MemoryProbe.Measure).ToArray());
        List<Figures> rows = [];
        Retrieval? teacher = null;
        for (int i = 0; i < contenders.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Contender contender = contenders[i];
            Retrieval own = Screen.Working($"Searching with: {contender.Name}", () => Retrieval.Run(contender, dictionary));
            teacher ??= own;
            rows.Add(new Figures(contender.Name, contender.DiskBytes, memory[i], oneThread[i], allThreads[i], own.RecallAt(1), own.RecallAt(K),
                EmbeddingAgreement.Measure(teacher.Definitions, own.Definitions, contender.Dimension).CosineMean,
                ExactSearch.Overlap(teacher.Neighbours, own.Neighbours)));
        }
        return new Comparison(rows[0], rows[1], rows[2], rows[3], rows[4], Lexical(dictionary, temporary));
    }

    private static Figures Lexical(ReverseDictionary dictionary, TemporaryFolder temporary)
    {
        Bm25Index index = new(dictionary.Documents);
        int[][] found = [.. dictionary.Definitions.Select(text => index.Search(text, K).Select(hit => hit.Document).ToArray())];
        Retrieval retrieval = new([], found, dictionary.Answers);
        string documents = temporary.File("documents.txt");
        File.WriteAllLines(documents, dictionary.Documents);
        return new Figures("BM25, no model", null, MemoryProbe.MeasureBm25(documents), null, null, retrieval.RecallAt(1), retrieval.RecallAt(K), null, null);
    }

    /// <summary>What one contender makes of the definitions: embeddings, and the nearest entries of each by full comparison.</summary>
    private sealed record Retrieval(float[] Definitions, int[][] Neighbours, IReadOnlyList<int> Answers)
    {
        public static Retrieval Run(Contender contender, ReverseDictionary dictionary)
        {
            float[] documents = contender.Embed(dictionary.Documents, Environment.ProcessorCount);
            float[] definitions = contender.Embed(dictionary.Definitions, Environment.ProcessorCount);
            return new Retrieval(definitions, ExactSearch.Search(definitions, documents, contender.Dimension, K), dictionary.Answers);
        }

        public double RecallAt(int k) =>
            Neighbours.Select((found, i) => RankingMetrics.RecallAt(k, found, new HashSet<int> { Answers[i] })).Average();
    }
}
