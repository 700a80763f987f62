using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Tests.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public class TorchBertTests
{
    private static readonly EmbeddingModel Tiny = HuggingFaceFolder.Load(TestPaths.Tiny("st-mean"));

    [Fact]
    public void HiddenStatesEqualThoseOfLibtorchsOwnTransformerLayers()
    {
        using DisposeScope scope = NewDisposeScope();
        using var guard = no_grad();
        // libtorch's layer has this epsilon built in, and wants the length before the batch.
        BertConfig config = Tiny.Config with { LayerNormEpsilon = 1e-5f };
        using TorchBert bert = Teacher(config, Tiny.Weights);
        (Tensor ids, Tensor mask) = new TrainingBatch([[2, 10, 20, 30, 40, 50, 3], [2, 60, 3], [2, 7, 8, 9, 3]]).ToTensors(0, CPU);
        Tensor? embeddings = null;
        Tensor actual = bert.Forward(ids, mask, hidden => embeddings ??= hidden);

        Tensor expected = embeddings!.transpose(0, 1);
        foreach (BertLayerWeights layer in Tiny.Weights.Layers)
            expected = Independent(config, layer).call(expected, null!, mask == 0);

        Assert.InRange(((expected.transpose(0, 1) - actual) * mask.unsqueeze(-1)).abs().max().item<float>(), 0, 1e-5f);
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("bert-relu")]
    [InlineData("bert-gelu_new")]
    [InlineData("bert-odd-shapes")]
    [InlineData("bert-masked-lm")]
    public void HiddenStatesEqualTheReferenceLibrarys(string folder)
    {
        using DisposeScope scope = NewDisposeScope();
        using var guard = no_grad();
        EmbeddingModel model = HuggingFaceFolder.Load(TestPaths.Tiny(folder));
        using TorchBert bert = Teacher(model.Config, model.Weights);
        foreach (TinyRow row in GoldenFiles.Expected(folder).Rows)
        {
            (Tensor ids, Tensor mask) = new TrainingBatch([row.InputIds]).ToTensors(0, CPU);
            VectorAssert.Close(row.LastHiddenState!.SelectMany(values => values).ToArray(), bert.forward(ids, mask).data<float>().ToArray(), 1e-4f);
        }
    }

    [Fact]
    public void PaddingDoesNotChangeAnEmbedding()
    {
        using var encoder = new TorchTextEncoder(Tiny);
        var alone = new float[encoder.Dimension];
        encoder.Embed(["the cat"], alone);
        var together = new float[3 * encoder.Dimension];
        encoder.Embed(["what is it? that was a long question for you and me", "the cat", null], together);
        VectorAssert.Close(alone, together.AsSpan(encoder.Dimension, encoder.Dimension).ToArray(), 1e-5f);
    }

    [Fact]
    public void ATernaryLayerCannotBeTaught()
    {
        EmbeddingModel student = TernaryDistiller.Distill(Tiny, () => ["the cat", "a dog"], new DistillationOptions { Steps = 1 }).Model;
        var error = Assert.Throws<ArgumentException>(() => new TorchTextEncoder(student));
        Assert.Contains("encoder.layer.0.attention.self.query", error.Message);
    }

    private static TorchBert Teacher(BertConfig config, BertWeights weights) => new(
        config, weights, (name, linear) => new DenseTorchLinear(name, linear, ScalarType.Float32, CPU), ScalarType.Float32, CPU);

    private static TorchSharp.Modules.TransformerEncoderLayer Independent(BertConfig config, BertLayerWeights layer)
    {
        var reference = nn.TransformerEncoderLayer(
            config.HiddenSize, config.AttentionHeads, config.IntermediateSize, dropout: 0, activation: nn.Activations.GELU);
        reference.eval();
        Dictionary<string, Tensor> state = reference.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter);
        DenseLinearWeights Dense(LinearWeights weights) => (DenseLinearWeights)weights;
        void Set(string name, float[] values) => state[name].copy_(tensor(values, state[name].shape));
        Set("self_attn.in_proj_weight", [.. Dense(layer.Query).Matrix, .. Dense(layer.Key).Matrix, .. Dense(layer.Value).Matrix]);
        Set("self_attn.in_proj_bias", [.. layer.Query.Bias, .. layer.Key.Bias, .. layer.Value.Bias]);
        Set("self_attn.out_proj.weight", Dense(layer.AttentionOutput).Matrix);
        Set("self_attn.out_proj.bias", layer.AttentionOutput.Bias);
        Set("linear1.weight", Dense(layer.Intermediate).Matrix);
        Set("linear1.bias", layer.Intermediate.Bias);
        Set("linear2.weight", Dense(layer.Output).Matrix);
        Set("linear2.bias", layer.Output.Bias);
        Set("norm1.weight", layer.AttentionNorm.Gain);
        Set("norm1.bias", layer.AttentionNorm.Bias);
        Set("norm2.weight", layer.OutputNorm.Gain);
        Set("norm2.bias", layer.OutputNorm.Bias);
        return reference;
    }
}
