// Distillation with plain libtorch: the same mathematics as the recipe of one digit without trained embeddings, by its modules, its
// autograd and its Adam, on batches of texts of similar length or in the order of the corpus.
using System.Diagnostics;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace Benchmarks.Training;

internal static class PlainTraining
{
    private const int BatchSize = 32, BatchesPerWindow = 64;

    /// <summary>Trains for some steps after one that does not count.</summary>
    /// <param name="sorted">Whether windows of the corpus are sorted by length, as the distiller does, so that little is padded.</param>
    /// <param name="model">The teacher.</param>
    /// <param name="texts">The corpus.</param>
    /// <param name="steps">Steps of 32 texts.</param>
    /// <param name="threads">Threads of libtorch.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>Tokens trained on a second, padding not counted.</returns>
    public static double TokensPerSecond(bool sorted, EmbeddingModel model, IReadOnlyList<string> texts, int steps, int threads, CancellationToken cancellation)
    {
        int before = get_num_threads();
        set_num_threads(threads);
        try
        {
            TextTokenizer tokenizer = TextTokenizer.Create(model.Tokenizer);
            using PlainBert teacher = new(model, ternary: false), student = new(model, ternary: true);
            using var adam = optim.Adam(student.parameters(), lr: 1e-4);
            var watch = new Stopwatch();
            long tokens = 0;
            foreach (int[][] sequences in Batches(texts.Select(text => tokenizer.Encode(text)), sorted).Take(steps + 1))
            {
                cancellation.ThrowIfCancellationRequested();
                Step(teacher, student, adam, sequences);
                if (watch.IsRunning)
                    tokens += sequences.Sum(sequence => sequence.Length);
                watch.Start();
            }
            return tokens / watch.Elapsed.TotalSeconds;
        }
        finally
        {
            set_num_threads(before);
        }
    }

    private static IEnumerable<int[][]> Batches(IEnumerable<int[]> sequences, bool sorted)
    {
        if (!sorted)
            return sequences.Chunk(BatchSize);
        Random random = new(1);
        return sequences.Chunk(BatchSize * BatchesPerWindow).SelectMany(window =>
        {
            int[][][] batches = [.. window.OrderBy(sequence => sequence.Length).Chunk(BatchSize)];
            random.Shuffle(batches);
            return batches;
        });
    }

    private static void Step(PlainBert teacher, PlainBert student, optim.Optimizer adam, int[][] sequences)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor ids, Tensor mask) = Padded(sequences);
        Tensor tokens = mask.unsqueeze(-1);
        Tensor expected;
        using (no_grad())
            expected = teacher.forward(ids, mask);
        Tensor actual = student.forward(ids, mask);
        Tensor hidden = ((actual - expected) * tokens).square().sum() / (expected * tokens).square().sum();
        Tensor cosine = nn.functional.cosine_similarity(Pooled(actual, tokens), Pooled(expected, tokens), dim: -1, eps: 1e-8).mean();
        Tensor loss = hidden - cosine;
        adam.zero_grad();
        loss.backward();
        nn.utils.clip_grad_norm_(student.parameters(), 1);
        adam.step();
    }

    private static Tensor Pooled(Tensor hidden, Tensor tokens) => (hidden * tokens).sum(1) / tokens.sum(1);

    private static (Tensor Ids, Tensor Mask) Padded(int[][] sequences)
    {
        int longest = sequences.Max(sequence => sequence.Length);
        var ids = new long[sequences.Length * longest];
        var mask = new float[ids.Length];
        for (int row = 0; row < sequences.Length; row++)
        {
            for (int i = 0; i < sequences[row].Length; i++)
                (ids[(row * longest) + i], mask[(row * longest) + i]) = (sequences[row][i], 1);
        }
        ReadOnlySpan<long> shape = [sequences.Length, longest];
        return (tensor(ids, shape), tensor(mask, shape));
    }
}
