// The corpus as a stream of batches: a window of texts at a time is tokenised, sorted by length, cut into batches, and the
// batches shuffled. Memory stays that of a window whatever the corpus; the order depends on the seed alone, so a resumed
// run finds its place again.
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>Where a run is in its corpus: everything before it has been trained on.</summary>
/// <param name="Epoch">Passes completed.</param>
/// <param name="Window">Windows of this pass completed.</param>
/// <param name="Batch">Batches of this window completed.</param>
internal readonly record struct CorpusPosition(int Epoch, int Window, int Batch);

internal sealed class TrainingCorpus(
    Func<IEnumerable<string?>> texts, TextTokenizer tokenizer, int batchSize, int maxLength, int seed, IReadOnlySet<long> heldOutRows)
{
    /// <summary>What an empty corpus is told.</summary>
    public const string NoRows = "The training text column yields no rows: distillation needs at least one text.";

    private const int BatchesPerWindow = 64;

    private long? _rowsOfFirstPass;
    private bool _warned;

    /// <summary>Told once of a corpus that is not what it should be but can be trained on.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Batches from <paramref name="start"/> on, without end, with the pass each belongs to, the position after it, and the
    /// mean number of tokens of the batches around it.</summary>
    /// <exception cref="InvalidOperationException">A pass over the corpus yields no text.</exception>
    public IEnumerable<(TrainingBatch Batch, int Epoch, CorpusPosition Next, double MeanTokens)> BatchesFrom(CorpusPosition start)
    {
        for (int epoch = start.Epoch; ; epoch++)
        {
            int window = 0;
            bool any = false;
            foreach (List<string> windowTexts in Windows())
            {
                any = true;
                bool skip = epoch == start.Epoch && window < start.Window;
                int firstBatch = epoch == start.Epoch && window == start.Window ? start.Batch : 0;
                window++;
                if (skip)
                    continue;
                List<TrainingBatch> batches = Batches(windowTexts, WindowSeed(epoch, window));
                double meanTokens = batches.Average(batch => (double)batch.Tokens);
                for (int i = firstBatch; i < batches.Count; i++)
                {
                    bool last = i + 1 == batches.Count;
                    yield return (batches[i], epoch, last ? new(epoch, window, 0) : new(epoch, window - 1, i + 1), meanTokens);
                }
            }
            if (!any)
                throw new InvalidOperationException(_rowsOfFirstPass is null or 0
                    ? NoRows
                    : $"Pass {epoch + 1} over the training text yields no rows to train on, and an earlier one had some: every pass must yield the same texts in the same order.");
        }
    }

    /// <summary>Batches of one pass; reads the corpus once.</summary>
    public int CountBatches() => Windows().Sum(window => (window.Count + batchSize - 1) / batchSize);

    private IEnumerable<List<string>> Windows()
    {
        var window = new List<string>();
        long row = 0;
        bool blank = true;
        foreach (string? text in CorpusRows.Read(texts))
        {
            if (heldOutRows.Contains(row++))
                continue;
            window.Add(text ?? "");
            blank &= string.IsNullOrWhiteSpace(text);
            if (window.Count == batchSize * BatchesPerWindow)
            {
                yield return window;
                window = [];
            }
        }
        if (window.Count > 0)
            yield return window;
        Check(row, blank);
    }

    private void Check(long rows, bool blank)
    {
        _rowsOfFirstPass ??= rows;
        string? warning = rows != _rowsOfFirstPass
            ? $"A pass over the training text yielded {rows} rows and the first one {_rowsOfFirstPass}. Every pass must yield the same texts in the same order, or a run that is resumed does not go on where it was."
            : blank && rows > 0 ? "All rows of the training text are empty: nothing can be learned from them. Is it the right column?" : null;
        if (warning is null || _warned)
            return;
        _warned = true;
        Warn?.Invoke(warning);
    }

    private List<TrainingBatch> Batches(List<string> windowTexts, int windowSeed)
    {
        int[][] sequences = windowTexts.Select(text => tokenizer.Encode(text, maxLength)).ToArray();
        // A stable sort: texts of one length keep their order, whatever the runtime's sorting algorithm.
        int[][] sorted = sequences.OrderBy(sequence => sequence.Length).ToArray();
        var batches = sorted.Chunk(batchSize).Select(chunk => new TrainingBatch(chunk)).ToList();
        Shuffle(batches, new Random(windowSeed));
        return batches;
    }

    private static void Shuffle(List<TrainingBatch> batches, Random random)
    {
        for (int i = batches.Count - 1; i > 0; i--)
        {
            int j = random.Next(i + 1);
            (batches[i], batches[j]) = (batches[j], batches[i]);
        }
    }

    // System.HashCode is seeded anew in every process; this must be the same in all.
    private int WindowSeed(int epoch, int window) => unchecked((seed * 31 + epoch) * 1_000_003 + window);
}
