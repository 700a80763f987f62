// What is in the golden files beside texts and their embeddings (Golden.cs): values inside the forward pass.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Ternary.Tests.Encoders;

internal static class GoldenFiles
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static TinyExpected Expected(string name) => Read<TinyExpected>(Path.Combine(TestPaths.Tiny(name), "expected.json"));

    public static MiniLMRow[] MiniLMRows() => Read<MiniLMExpected>(MiniLMFile("golden.json")).Rows;

    public static RoundedModel Rounded(string scaling) => Read<RoundedExpected>(MiniLMFile("ptq.json")).Variants[scaling];

    private static string MiniLMFile(string name) => Path.Combine(TestPaths.Golden, "minilm", name);

    private static T Read<T>(string path) => JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), SnakeCase)!;
}

internal sealed record TinyExpected(TinyRow[] Rows, TinyText[]? Texts);

internal sealed record TinyRow(int[] InputIds, int[]? TokenTypeIds, float[][]? LastHiddenState, float[]? Pooled, float[]? Dense, float[]? Embedding);

internal sealed record TinyText(string Text, int[] Ids, float[] Embedding);

internal sealed record MiniLMExpected(MiniLMRow[] Rows);

internal sealed record MiniLMRow(string Text, int[] Ids, float[] Embedding, [property: JsonPropertyName("hidden_cls_first4")] float[][] HiddenClsFirst4);

internal sealed record RoundedExpected(Dictionary<string, RoundedModel> Variants);

/// <summary>The teacher rounded to ternary: share of zeros, counts of -1, 0, +1 and a scale of the first query matrix, embeddings.</summary>
internal sealed record RoundedModel(
    double Zeros,
    int[] Checks,
    float ScaleFirst,
    float[][] Embeddings,
    [property: JsonPropertyName("embeddings_int8")] float[][] EmbeddingsInt8);
