// Texts of similar length, tokenised, as the tensors that libtorch wants.
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>A batch of token sequences; padding exists only in the tensors made of it.</summary>
/// <param name="Sequences">Token ids with [CLS] and [SEP].</param>
internal sealed record TrainingBatch(IReadOnlyList<int[]> Sequences)
{
    /// <summary>Tokens without padding.</summary>
    public int Tokens { get; } = Sequences.Sum(sequence => sequence.Length);

    /// <summary>Cuts the batch into parts of at most so many tokens, padding counted, whose gradients are added up: memory
    /// and the time between two looks at the cancellation token stay bounded.</summary>
    public IEnumerable<TrainingBatch> Split(int mostTokens)
    {
        for (int start = 0; start < Sequences.Count;)
        {
            int end = start, longest = 0;
            while (end < Sequences.Count)
            {
                longest = Math.Max(longest, Sequences[end].Length);
                if (end > start && longest * (end + 1 - start) > mostTokens)
                    break;
                end++;
            }
            yield return new TrainingBatch(Sequences.Skip(start).Take(end - start).ToArray());
            start = end;
        }
    }

    /// <summary>Token ids, batch x longest, padded.</summary>
    public (Tensor Ids, Tensor Mask) ToTensors(int paddingId, Device device)
    {
        int longest = Sequences.Max(sequence => sequence.Length);
        var ids = new long[Sequences.Count * longest];
        var mask = new float[ids.Length];
        Array.Fill(ids, paddingId);
        for (int row = 0; row < Sequences.Count; row++)
        {
            int[] sequence = Sequences[row];
            for (int i = 0; i < sequence.Length; i++)
                (ids[row * longest + i], mask[row * longest + i]) = (sequence[i], 1);
        }
        ReadOnlySpan<long> shape = [Sequences.Count, longest];
        return (tensor(ids, shape, device: device), tensor(mask, shape, device: device));
    }
}
