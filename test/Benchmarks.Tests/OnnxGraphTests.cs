using Benchmarks.Engines;
using Benchmarks.Models;
using Benchmarks.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Tests;

public sealed class OnnxGraphTests : IDisposable
{
    private static readonly BenchmarkModel Tiny = new("tiny", Layers: 2, Hidden: 64, Heads: 4, Intermediate: 128, RealWeights: false);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void ONNX_Runtime_computes_a_written_graph_with_inline_and_external_tensors()
    {
        // y = x W + b with W twice the identity, 64 x 64 (16 KB, external), and b = 0, 1, 2 ... (256 bytes, inline).
        string path = Path.Combine(_folder.FullName, "layer.onnx");
        using (ExternalTensorFile weights = new(path + ".data"))
        {
            OnnxGraph graph = new(weights);
            string x = graph.Input("x", OnnxType.Float32, "rows", 64);
            string w = graph.Tensor("w", OnnxType.Float32, [64, 64], () => Enumerable.Range(0, 64 * 64).Select(i => i % 65 == 0 ? 2f : 0f).ToArray());
            string b = graph.Tensor("b", OnnxType.Float32, [64], () => Enumerable.Range(0, 64).Select(i => (float)i).ToArray());
            graph.Output("y", graph.Node("Add", [graph.Node("MatMul", [x, w]), b]), OnnxType.Float32, "rows", 64);
            graph.Save(path);
        }
        using InferenceSession session = OrtEngine.Load(path, threads: 1);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(3f, 64).ToArray(), [1, 64]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, ["x"], [input], ["y"]);
        Assert.Equal(Enumerable.Range(0, 64).Select(i => 6f + i), results[0].GetTensorDataAsSpan<float>().ToArray());
    }

    [Fact]
    public void A_tensor_that_two_graphs_share_is_written_once()
    {
        string path = Path.Combine(_folder.FullName, "shared.data");
        using (ExternalTensorFile weights = new(path))
        {
            new OnnxGraph(weights).Tensor("w", OnnxType.Float32, [1024], () => new float[1024]);
            new OnnxGraph(weights).Tensor<float>("w", OnnxType.Float32, [1024], () => throw new InvalidOperationException("It is there already."));
        }
        Assert.Equal(4096, new FileInfo(path).Length);
    }

    [Fact]
    public void Weights_in_int8_have_one_scale_and_an_output_a_column()
    {
        // Rows (1, -1) x 1 and (0, 1) x 0.25: the larger scale becomes 63 steps, the smaller 15.75, rounded to 16.
        TernaryMatrix matrix = TernaryMatrix.FromCodes([1, -1, 0, 1], rows: 2, columns: 2, scales: [1, 0.25f]);
        Assert.Equal(1f / 63, TransposedWeights.Int8Scale(matrix));
        Assert.Equal([63, 0, -63, 16], TransposedWeights.Int8(matrix));
        Assert.Equal([1, 0, -1, 0.25f], TransposedWeights.Values(matrix));
    }

    [Fact]
    public void Weights_of_two_digits_in_int8_reach_the_same_largest_code()
    {
        // Rows (4, -1) x 1 and (0, 3) x 0.5: 4 becomes 63, so that 1 is 15.75 and 1.5 is 23.6.
        TernaryMatrix matrix = TernaryMatrix.FromCodes([4, -1, 0, 3], rows: 2, columns: 2, scales: [1, 0.5f], digits: 2);
        Assert.Equal(4f / 63, TransposedWeights.Int8Scale(matrix));
        Assert.Equal([63, 0, -16, 24], TransposedWeights.Int8(matrix));
    }

    [Fact]
    public void A_copy_with_more_digits_embeds_to_the_same_bits()
    {
        using PreparedModel model = new(Tiny);
        float[] expected = Embed(TernaryDigits.One);
        Assert.Equal(expected, Embed(TernaryDigits.FeedForwardTwo));
        Assert.Equal(expected, Embed(TernaryDigits.Two));

        EmbeddingModel copy = DigitCopy.Of(model.Model, TernaryDigits.FeedForwardTwo);
        BertLayerWeights last = copy.Weights.Layers[^1];
        LinearWeights[] linears = [last.Query, last.Key, last.Value, last.AttentionOutput, last.Intermediate, last.Output];
        Assert.Equal([1, 1, 2, 2, 2, 2], linears.Select(weights => DenseWeights.Ternary(weights).Digits));

        float[] Embed(TernaryDigits digits)
        {
            using TextEncoder encoder = new(DigitCopy.Of(model.Model, digits), new TextEncoderOptions { MaxThreads = 1 });
            BenchmarkBatch batch = BenchmarkBatch.ForComparison(model.Model.Tokenizer);
            float[] embeddings = new float[batch.Count * encoder.Dimension];
            encoder.EmbedTokens(batch.Tokens, embeddings);
            return embeddings;
        }
    }

    [Fact]
    public void Where_a_matrix_has_one_scale_its_codes_are_the_int8_weights()
    {
        TernaryMatrix matrix = TernaryMatrix.FromCodes([1, -1, 0, 1], rows: 2, columns: 2, scales: [0.25f]);
        Assert.Equal(0.25f, TransposedWeights.Int8Scale(matrix));
        Assert.Equal([1, 0, -1, 1], TransposedWeights.Int8(matrix));
    }

    [Fact]
    public void Every_form_of_the_encoder_agrees_with_ours_with_padding_and_without()
    {
        using PreparedModel model = new(Tiny);
        using TextEncoder encoder = new(model.Model);
        BenchmarkBatch[] batches = [BenchmarkBatch.OfOneLength(new BatchShape(2, 9)), BenchmarkBatch.ForComparison(model.Model.Tokenizer)];
        Assert.Equal([false, true], batches.Select(batch => batch.IsPadded));
        foreach (BenchmarkBatch batch in batches)
        {
            float[] expected = new float[batch.Count * encoder.Dimension];
            encoder.EmbedTokens(batch.Tokens, expected);
            foreach (BertOnnxForm form in BertOnnxForm.All)
            {
                using OrtEngine engine = new(any => model.OnnxFile(form, any.IsPadded), encoder.Dimension, threads: 1);
                engine.Prepare(batch);
                engine.Run();
                double cosine = EmbeddingCosine.Least(engine.Embeddings, expected, encoder.Dimension);
                Assert.True(cosine > 0.99, $"{form}: {cosine}");
            }
        }
    }
}
