// What tests of distillation share: a tiny teacher, a corpus of its words, and ears for its progress.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Tests.Distillation;

internal static class TinyDistillation
{
    private static readonly string[] Words = ["the", "cat", "dog", "was", "hot", "one", "word", "that", "they", "all", "how", "said", "each"];

    public static EmbeddingModel Teacher { get; } = HuggingFaceFolder.Load(TestPaths.Tiny("st-mean"));

    /// <summary>400 rows: 25 are held out, 375 make 12 batches of at most 32.</summary>
    public static string[] Corpus { get; } = MakeCorpus(400);

    public static DistillationResult Run(
        DistillationOptions options, IProgress<DistillationProgress>? progress = null, CancellationToken cancellation = default) =>
        TernaryDistiller.Distill(Teacher, () => Corpus, options, progress, cancellation);

    /// <summary>Cancels a run after a step; the run must have a checkpoint to go on from.</summary>
    public static void RunUntil(int step, DistillationOptions options)
    {
        using var stop = new CancellationTokenSource();
        var progress = new Recorder(p => { if (p.Step == step) stop.Cancel(); });
        Assert.ThrowsAny<OperationCanceledException>(() => Run(options, progress, stop.Token));
        Assert.Equal(step, progress.All[^1].Step);
    }

    /// <summary>The whole model, as its file holds it.</summary>
    public static byte[] Bytes(EmbeddingModel model)
    {
        using var bytes = new MemoryStream();
        TernaryModelFile.Save(model, bytes, new TernaryModelFileOptions { TokenEmbeddings = TokenEmbeddingFormat.Float32 });
        return bytes.ToArray();
    }

    private static string[] MakeCorpus(int rows)
    {
        var random = new Random(11);
        return [.. Enumerable.Range(0, rows)
            .Select(_ => string.Join(' ', Enumerable.Range(0, random.Next(2, 9)).Select(_ => Words[random.Next(Words.Length)])))];
    }

    internal sealed class Recorder(Action<DistillationProgress>? onReport = null) : IProgress<DistillationProgress>
    {
        public List<DistillationProgress> All { get; } = [];

        public IEnumerable<string> Warnings => All.Select(value => value.Warning).OfType<string>();

        public void Report(DistillationProgress value)
        {
            All.Add(value);
            onReport?.Invoke(value);
        }
    }
}
