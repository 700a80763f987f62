// Layer by layer must be what the encoder does at once, and what is shown must be what the layers read.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public sealed class LayerwisePassTests
{
    private static readonly TokenBatch Tokens = TokenBatch.FromSequences([2, 30, 40, 3], [2, 50, 3]);

    [Fact]
    public void LayerByLayerTheStatesAreThoseOfTheWholeEncoder()
    {
        EmbeddingModel model = TestModels.Tiny();
        float[][] expected = new TransformerEncoder(model.Config, model.Weights).HiddenStates(Tokens);
        LayerwisePass pass = new(model, Tokens);
        Assert.Equal(expected[0], Assert.Single(pass.States));
        for (int i = 0; i < model.Config.LayerCount; i++)
        {
            pass.Observe(model.Weights.Layers[i], (_, _) => { }, CancellationToken.None);
            Assert.Equal(expected[i], Assert.Single(pass.States));
            pass.Advance(model.Weights.Layers[i], CancellationToken.None);
            Assert.Equal(expected[i + 1], Assert.Single(pass.States));
        }
    }

    [Fact]
    public void WhatIsShownGivesTheLayersOutputsWhenMultiplied()
    {
        EmbeddingModel model = TestModels.Tiny();
        BertLayerWeights layer = model.Weights.Layers[0];
        int hidden = model.Config.HiddenSize;
        Dictionary<LinearInput, float[]> seen = [];
        LayerwisePass pass = new(model, Tokens);
        pass.Observe(layer, (input, rows) => seen.Add(input, rows.ToArray()), CancellationToken.None);
        pass.Advance(layer, CancellationToken.None);

        float[] attended = Norm(Sum(Product(layer.AttentionOutput, seen[LinearInput.Context]), seen[LinearInput.Hidden]), layer.AttentionNorm, model.Config);
        AssertClose(attended, seen[LinearInput.Attended]);
        AssertClose(Norm(Sum(Product(layer.Output, seen[LinearInput.Inner]), seen[LinearInput.Attended]), layer.OutputNorm, model.Config), pass.States.Single());
        Assert.Equal(Tokens.TokenCount * model.Config.IntermediateSize, seen[LinearInput.Inner].Length);
        Assert.Equal(Tokens.TokenCount * hidden, seen[LinearInput.Hidden].Length);
    }

    [Fact]
    public void ManyTextsAreSplitIntoBatchesAndNoneIsLost()
    {
        EmbeddingModel model = TestModels.Tiny();
        int[][] sequences = [.. Enumerable.Range(0, 700).Select(i => (int[])[2, 10 + i % 50, 3])];
        LayerwisePass pass = new(model, TokenBatch.FromSequences(sequences));
        Assert.True(pass.States.Count() > 1);
        Assert.Equal(3 * 700 * model.Config.HiddenSize, pass.States.Sum(states => states.Length));
    }

    private static float[] Product(LinearWeights weights, float[] inputs)
    {
        DenseLinearWeights dense = (DenseLinearWeights)weights;
        int rows = inputs.Length / dense.InputSize;
        float[] outputs = new float[rows * dense.OutputSize];
        for (int i = 0; i < outputs.Length; i++)
        {
            double sum = dense.Bias[i % dense.OutputSize];
            for (int k = 0; k < dense.InputSize; k++)
                sum += (double)dense.Matrix[i % dense.OutputSize * dense.InputSize + k] * inputs[i / dense.OutputSize * dense.InputSize + k];
            outputs[i] = (float)sum;
        }
        return outputs;
    }

    private static float[] Sum(float[] first, float[] second) => [.. first.Zip(second, (a, b) => a + b)];

    private static float[] Norm(float[] values, LayerNormWeights norm, BertConfig config) => [.. values.Chunk(config.HiddenSize).SelectMany(row =>
    {
        double mean = row.Average(value => (double)value);
        double deviation = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + config.LayerNormEpsilon);
        return row.Select((value, i) => (float)((value - mean) / deviation * norm.Gain[i] + norm.Bias[i]));
    })];

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-4f);
    }
}
