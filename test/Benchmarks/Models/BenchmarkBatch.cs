// One batch as all engines get it: ours as concatenated sequences, the peers as a rectangle with a mask where lengths differ.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Samples.Common;

namespace Benchmarks.Models;

/// <summary>The token ids of a batch in both forms.</summary>
internal sealed class BenchmarkBatch
{
    private const int Seed = 7, MinRagged = 4, MaxRagged = 128;

    // Ids below are special tokens and unused ones in the vocabulary of BERT.
    private const int FirstWordId = 1996, LastWordId = 30521, ClassificationId = 101, SeparatorId = 102;

    private BenchmarkBatch(int[][] sequences)
    {
        Tokens = TokenBatch.FromSequences(sequences);
        PaddedLength = Tokens.MaxLength;
        PaddedIds = new int[sequences.Length * PaddedLength];
        Mask = new int[PaddedIds.Length];
        for (int i = 0; i < sequences.Length; i++)
        {
            sequences[i].CopyTo(PaddedIds, i * PaddedLength);
            Mask.AsSpan(i * PaddedLength, sequences[i].Length).Fill(1);
        }
    }

    /// <summary>The sequences without padding.</summary>
    public TokenBatch Tokens { get; }

    /// <summary>Number of sequences.</summary>
    public int Count => Tokens.Count;

    /// <summary>Tokens of the longest sequence.</summary>
    public int PaddedLength { get; }

    /// <summary>Ids, sequences x <see cref="PaddedLength"/>, padded with 0.</summary>
    public int[] PaddedIds { get; }

    /// <summary>1 for tokens, 0 for padding.</summary>
    public int[] Mask { get; }

    /// <summary>Whether some sequence is shorter than the longest.</summary>
    public bool IsPadded => Tokens.TokenCount < PaddedIds.Length;

    /// <summary>Makes the batch of a shape, the same in every run.</summary>
    public static BenchmarkBatch Create(BatchShape shape, TokenizerDefinition tokenizer) =>
        shape.Tokens is null ? new BenchmarkBatch(RaggedSequences(new Random(Seed), tokenizer, shape.Batch)) : OfOneLength(shape);

    /// <summary>Makes the batch of a shape other than the ragged one: random words between the special tokens.</summary>
    public static BenchmarkBatch OfOneLength(BatchShape shape)
    {
        Random random = new(Seed);
        return new BenchmarkBatch([.. Enumerable.Range(0, shape.Batch).Select(_ => RandomSequence(random, shape.Tokens!.Value))]);
    }

    /// <summary>The first few sequences of the ragged batch: enough to see whether two engines agree.</summary>
    public static BenchmarkBatch ForComparison(TokenizerDefinition tokenizer) =>
        new([.. RaggedSequences(new Random(Seed), tokenizer, BatchShape.RaggedSequences).Take(8)]);

    private static int[] RandomSequence(Random random, int tokens)
    {
        int[] ids = new int[tokens];
        for (int i = 0; i < tokens; i++)
            ids[i] = random.Next(FirstWordId, LastWordId + 1);
        ids[0] = ClassificationId;
        ids[^1] = SeparatorId;
        return ids;
    }

    // Glosses drawn evenly from the dictionary, so that lengths are distributed as they are in practice.
    private static int[][] RaggedSequences(Random random, TokenizerDefinition tokenizer, int count)
    {
        List<Synset> synsets = Synset.ReadAll(RepositoryFiles.WordNet);
        TextTokenizer words = TextTokenizer.Create(tokenizer);
        List<int[]> sequences = [];
        while (sequences.Count < count)
        {
            int[] ids = words.Encode(synsets[random.Next(synsets.Count)].Gloss);
            if (ids.Length is >= MinRagged and <= MaxRagged)
                sequences.Add(ids);
        }
        return [.. sequences];
    }
}
