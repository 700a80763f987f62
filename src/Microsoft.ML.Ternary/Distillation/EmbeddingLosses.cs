// Losses over embeddings alone, batch x dimension.
using System.Runtime.InteropServices;
using Microsoft.ML.Ternary.Encoders;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.Ternary.Distillation;

internal static class EmbeddingLosses
{
    private const double Never = 1e9;

    /// <summary>Mean of 1 - cosine.</summary>
    public static Tensor Cosine(Tensor student, Tensor teacher) =>
        nn.functional.cosine_similarity(student, teacher, dim: -1, eps: 1e-8).mean().Times(-1).Plus(1);

    /// <summary>The same over the first components, averaged over the counts. A cosine renormalises by itself.</summary>
    public static Tensor Prefixes(Tensor student, Tensor teacher, IReadOnlyList<int> counts) => counts
        .Select(count => Cosine(student.narrow(-1, 0, count), teacher.narrow(-1, 0, count)))
        .Aggregate((sum, next) => sum.Plus(next))
        .Times(1.0 / counts.Count);

    /// <summary>Compares the cosines of every text to the others.</summary>
    public static Tensor Similarity(SimilarityLoss kind, Tensor student, Tensor teacher, double temperature)
    {
        long rows = student.shape[0];
        Tensor self = eye(rows, rows, student.dtype, student.device);
        Tensor actual = Cosines(student), expected = Cosines(teacher);
        if (kind == SimilarityLoss.SquaredError)
            return (actual.Minus(expected) * self.Times(-1).Plus(1)).square().sum().Times(1.0 / (rows * (rows - 1)));
        // A text's similarity to itself is 1 for both, and would leave the others nothing.
        Tensor absent = self.Times(-Never);
        actual = nn.functional.log_softmax(actual.Times(1 / temperature).Plus(absent), -1);
        expected = nn.functional.log_softmax(expected.Times(1 / temperature).Plus(absent), -1);
        return (expected.exp() * expected.Minus(actual)).sum().Times(1.0 / rows);
    }

    /// <summary>What a stored form gives back; the gradient passes straight through.</summary>
    public static Tensor Rounded(Tensor embeddings, EmbeddingForm form)
    {
        using Tensor detached = embeddings.detach(), onProcessor = detached.cpu(), source = onProcessor.contiguous();
        int dimension = checked((int)source.shape[^1]);
        float[] values = MemoryMarshal.Cast<byte, float>(source.bytes).ToArray(), rounded = new float[values.Length];
        for (int start = 0; start < values.Length; start += dimension)
            EmbeddingRounding.Round(values.AsSpan(start, dimension), form, rounded.AsSpan(start, dimension));
        using Tensor offset = tensor(rounded, source.shape, device: embeddings.device).Minus(detached);
        return embeddings.Plus(offset);
    }

    private static Tensor Cosines(Tensor embeddings)
    {
        Tensor unit = nn.functional.normalize(embeddings, dim: -1);
        return unit.matmul(unit.t());
    }
}
