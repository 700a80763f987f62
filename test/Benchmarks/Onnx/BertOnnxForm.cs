// The same encoder can be written with different operators, and ONNX Runtime is not equally fast on all of them. The benchmark
// compares with the fastest; the others stay available by name, so that the choice can be checked on another machine.
namespace Benchmarks.Onnx;

/// <summary>Which operators an encoder is written with.</summary>
/// <param name="Name">What it is called on the command line, after the engine's name.</param>
/// <param name="Int8">Dynamically quantised int8 instead of float32.</param>
/// <param name="FusedMatMul">ONNX Runtime's fused integer products and Gelu, instead of the standard operators of an exporter
/// (which ONNX Runtime then fuses by itself where it finds the pattern).</param>
/// <param name="FusedAttention">MultiHeadAttention instead of products, softmax and transpositions.</param>
/// <param name="FusedNorm">SkipLayerNormalization and BiasGelu instead of separate sums.</param>
internal sealed record BertOnnxForm(string Name, bool Int8, bool FusedMatMul, bool FusedAttention, bool FusedNorm)
{
    /// <summary>All forms.</summary>
    public static IReadOnlyList<BertOnnxForm> All { get; } =
    [
        .. from int8 in new[] { false, true }
           from form in new[]
           {
               new BertOnnxForm("standard", int8, FusedMatMul: false, FusedAttention: false, FusedNorm: false),
               new BertOnnxForm("fused", int8, FusedMatMul: true, FusedAttention: false, FusedNorm: false),
               new BertOnnxForm("attention", int8, FusedMatMul: true, FusedAttention: true, FusedNorm: false),
               new BertOnnxForm("all", int8, FusedMatMul: true, FusedAttention: true, FusedNorm: true),
           }
           select form,
    ];

    /// <summary>The form of a precision and a name.</summary>
    public static BertOnnxForm Of(bool int8, string name) => All.Single(form => form.Int8 == int8 && form.Name == name);

    /// <summary>The fastest form for a batch of so many tokens, padding included.</summary>
    /// <remarks>Measured on Zen 5 (AVX-512 VNNI, 2 threads) with ONNX Runtime 1.31.1: up to 128 tokens "attention" is ahead of the
    /// others by 0 to 15 % on MiniLM-L6 and BERT-base; from there on all but "all" lie within 6 % of each other, "fused" and
    /// "standard" ahead of "attention" in most runs where sequences are many. "all" is never fastest and up to a third slower. The
    /// order is the same in float32. One product for query, key and value, split afterwards, was tried and is no faster.</remarks>
    public static BertOnnxForm Fastest(bool int8, int tokens) => Of(int8, tokens <= 128 ? "attention" : "fused");
}
