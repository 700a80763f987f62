using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class TransformerEncoderTests
{
    [Theory]
    [InlineData("bert")]
    [InlineData("bert-f16")]
    [InlineData("bert-bf16")]
    [InlineData("bert-gelu_new")]
    [InlineData("bert-relu")]
    [InlineData("bert-token-types")]
    [InlineData("bert-masked-lm")]
    [InlineData("bert-odd-shapes")]
    public void LastHiddenStatesAgreeWithTransformers(string folder)
    {
        EmbeddingModel model = HuggingFaceFolder.Load(TestPaths.Tiny(folder));
        TransformerEncoder encoder = new(model.Config, model.Weights);
        foreach (TinyRow row in GoldenFiles.Expected(folder).Rows)
        {
            float[][] states = encoder.HiddenStates(new TokenBatch(row.InputIds, new[] { 0, row.InputIds.Length }, row.TokenTypeIds));
            VectorAssert.Close([.. row.LastHiddenState!.SelectMany(token => token)], states[^1], 1e-4f, folder);
        }
    }

    [Fact]
    public void SequencesOfOneBatchDoNotSeeEachOther()
    {
        EmbeddingModel model = HuggingFaceFolder.Load(TestPaths.Tiny("bert-odd-shapes"));
        TransformerEncoder encoder = new(model.Config, model.Weights);
        int[][] sequences = [.. GoldenFiles.Expected("bert-odd-shapes").Rows.Select(row => row.InputIds)];

        float[][] together = encoder.HiddenStates(TokenBatch.FromSequences(sequences));

        int start = 0;
        foreach (int[] sequence in sequences)
        {
            float[][] alone = encoder.HiddenStates(TokenBatch.FromSequences(sequence));
            for (int layer = 0; layer < alone.Length; layer++)
                Assert.Equal(alone[layer], together[layer].AsSpan(start, alone[layer].Length).ToArray());
            start += sequence.Length * model.Config.HiddenSize;
        }
    }

    [Fact]
    public void EveryLayerOfMiniLMAgreesWithTransformers()
    {
        EmbeddingModel model = HuggingFaceFolder.Load(TestPaths.MiniLm);
        TransformerEncoder encoder = new(model.Config, model.Weights);
        foreach (MiniLMRow row in GoldenFiles.MiniLMRows())
        {
            float[][] states = encoder.HiddenStates(TokenBatch.FromSequences(row.Ids));
            Assert.Equal(row.HiddenClsFirst4.Length, states.Length);
            for (int layer = 0; layer < states.Length; layer++)
                VectorAssert.Close(row.HiddenClsFirst4[layer], states[layer].AsSpan(0, 4), 1e-3f, $"layer {layer} of \"{row.Text}\"");
        }
    }
}
