using System.CommandLine;
using Benchmarks.Models;

namespace Benchmarks.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData("8x128", 8, 128)]
    [InlineData("1x16", 1, 16)]
    [InlineData("ragged", 64, null)]
    public void A_shape_is_sequences_x_tokens_or_ragged(string text, int batch, int? tokens)
    {
        BatchShape shape = BatchShape.Parse(text);
        Assert.Equal((batch, tokens), (shape.Batch, shape.Tokens));
        Assert.Equal(text, shape.ToString());
    }

    [Theory]
    [InlineData("8")]
    [InlineData("0x16")]
    [InlineData("1x513")]
    [InlineData("-1x16")]
    [InlineData("1x16x2")]
    [InlineData("Ragged")]
    public void Another_shape_is_refused_with_what_would_do(string text) =>
        Assert.Contains("8x128", Assert.Throws<FormatException>(() => BatchShape.Parse(text)).Message);

    [Theory]
    [InlineData("encode --model minilm-l6,bert-base --shape 1x16,ragged --threads 1,2 --engine ternary,ort-int8 --seconds 0.5 --json out.json")]
    [InlineData("encode --shape 1x16 8x128")]
    [InlineData("encode")]
    [InlineData("encode --engine ternary,ternary-ff2,ternary-2,ort-int8")]
    [InlineData("gemm --rows 1,64 --engine ort-int8")]
    [InlineData("gemm --digits 1,2")]
    [InlineData("memory --model bert-large --engine ternary")]
    [InlineData("ann")]
    [InlineData("ann --dataset fashion-mnist,synthetic-2000 --engine ternary-ml,hnswlib --index hnsw --codec f32 --build-threads 2 --seconds 0.2 --json out.json")]
    [InlineData("ann-report a.json b.json --plot plot.png --markdown tables.md")]
    [InlineData("ann-paper --corpus 200 --queries 20 --json out.json")]
    [InlineData("ann --data vectors.npy --queries queries.fvecs --metric l2 --offline")]
    public void A_right_command_line_is_accepted(string line) => Assert.Empty(CommandLine.Create().Parse(line).Errors);

    [Theory]
    [InlineData("encode --model bert", "minilm-l6")]
    [InlineData("encode --engine ort", "ort-int8")]
    [InlineData("encode --shape 3", "8x128")]
    [InlineData("encode --threads 0", "threads")]
    [InlineData("encode --seconds 0", "--seconds")]
    [InlineData("gemm --rows many", "rows")]
    [InlineData("gemm --digits 3", "1 or 2")]
    [InlineData("memory --engine torch", "torch-bf16")]
    [InlineData("ann --dataset mnist", "fashion-mnist")]
    [InlineData("ann --dataset synthetic-10", "synthetic-N")]
    [InlineData("ann --engine annoy", "hnswlib")]
    [InlineData("ann --index tree", "hnsw")]
    [InlineData("ann --codec pq", "f32")]
    [InlineData("ann --metric hamming", "cosine")]
    [InlineData("ann --build-threads 0", "--build-threads")]
    [InlineData("ann-report", "FILES")]
    [InlineData("ann-paper --corpus 1000000", "--corpus")]
    public void A_wrong_one_is_refused_with_what_would_do(string line, string expected) =>
        Assert.Contains(CommandLine.Create().Parse(line).Errors, error => error.Message.Contains(expected));
}
