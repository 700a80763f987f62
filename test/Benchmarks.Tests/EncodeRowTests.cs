using System.Text.Json;
using Benchmarks.Measurement;
using Benchmarks.Models;
using Benchmarks.Reports;

namespace Benchmarks.Tests;

public class EncodeRowTests
{
    private static readonly BenchmarkModel Model = BenchmarkModel.Parse("minilm-l6");

    [Fact]
    public void Rows_are_a_list_with_names_in_snake_case()
    {
        BatchShape shape = new(8, 128);
        JsonElement row = Serialized(shape, BenchmarkBatch.OfOneLength(shape));
        Assert.Equal("minilm-l6", row.GetProperty("model").GetString());
        Assert.Equal(8, row.GetProperty("batch").GetInt32());
        Assert.Equal(128, row.GetProperty("tokens").GetInt32());
        Assert.Equal(2, row.GetProperty("threads").GetInt32());
        Assert.Equal("ternary", row.GetProperty("engine").GetString());
        Assert.Equal(20, row.GetProperty("ms_median").GetDouble());
        Assert.Equal(1024 / 0.020, row.GetProperty("tokens_per_s").GetDouble(), 6);
        // 6 layers x 12 x 384 x 384 multiply-adds a token.
        Assert.Equal(1024 / 0.020 * 6 * 12 * 384 * 384 / 1e9, row.GetProperty("gmac_per_s").GetDouble(), 6);
        Assert.Equal(100 * row.GetProperty("gmac_per_s").GetDouble() / (2 * 300), row.GetProperty("percent_of_peak").GetDouble(), 6);
        Assert.Equal(2, row.GetProperty("times_as_fast_as").GetProperty("ort-int8").GetDouble());
        Assert.False(row.GetProperty("contended").GetBoolean());
        Assert.True(row.GetProperty("real_weights").GetBoolean());
    }

    [Fact]
    public void The_ragged_batch_says_so_and_counts_real_tokens()
    {
        BenchmarkBatch batch = BenchmarkBatch.Create(BatchShape.Ragged, Model.Create().Tokenizer);
        JsonElement row = Serialized(BatchShape.Ragged, batch);
        Assert.Equal("ragged", row.GetProperty("tokens").GetString());
        Assert.Equal(64, row.GetProperty("batch").GetInt32());
        Assert.Equal(batch.Tokens.TokenCount / 0.020, row.GetProperty("tokens_per_s").GetDouble(), 6);
        Assert.Equal(batch.PaddedIds.Length, row.GetProperty("padded_token_count").GetInt32());
    }

    [Fact]
    public void The_ragged_batch_has_real_lengths_and_a_mask_over_its_padding()
    {
        BenchmarkBatch batch = BenchmarkBatch.Create(BatchShape.Ragged, Model.Create().Tokenizer);
        Assert.True(batch.IsPadded);
        Assert.Equal(64 * batch.PaddedLength, batch.Mask.Length);
        for (int i = 0; i < batch.Count; i++)
        {
            int length = batch.Tokens.Sequence(i).Length;
            Assert.InRange(length, 4, 128);
            int[] mask = batch.Mask[(i * batch.PaddedLength)..((i + 1) * batch.PaddedLength)];
            Assert.Equal(Enumerable.Range(0, mask.Length).Select(t => t < length ? 1 : 0), mask);
            Assert.Equal(batch.Tokens.Sequence(i).ToArray(), batch.PaddedIds[(i * batch.PaddedLength)..(i * batch.PaddedLength + length)]);
        }
    }

    private static JsonElement Serialized(BatchShape shape, BenchmarkBatch batch)
    {
        RunTimes ours = new(), theirs = new();
        ours.Add([20], contended: false, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        theirs.Add([40], contended: true, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        CellTimes cell = new(["ternary", "ort-int8"], [ours, theirs], HandoffNanoseconds: null);
        EncodeRow row = new(Model, shape, batch, cell, index: 0, threads: 2, cosine: 1, peak: 300, new Dictionary<string, double> { ["gemm"] = 75 });
        return JsonDocument.Parse(JsonFile.Serialize<EncodeRow>([row])).RootElement.EnumerateArray().Single();
    }
}
