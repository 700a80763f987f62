// TF-IDF against values worked out by hand, with a width at which the few terms have components of their own.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class TfIdfEmbedderTests
{
    private static readonly string?[] Texts = ["red apple", "green apple", "sky", null];

    [Fact]
    public void CosinesAreThoseOfTermVectors()
    {
        // idf with N = 4: apple (2 texts) ln(5/3) + 1, red ln(5/2) + 1. "Red, red apple" has 2 red and 1 apple.
        double apple = Math.Log(5 / 3.0) + 1, red = Math.Log(5 / 2.0) + 1;
        double expected = (2 * red * red + apple * apple) / Math.Sqrt((4 * red * red + apple * apple) * (red * red + apple * apple));
        Assert.Equal(expected, Cosine("Red, red apple", "apple red"), 5);
        Assert.Equal(0, Cosine("red apple", "sky"), 6);
        Assert.Equal(1, Cosine("unseen Sky", "sky UNSEEN"), 5);
    }

    [Fact]
    public void TextsWithoutTermsAreZerosAndAllOthersNormalised()
    {
        float[] rows = Embed(null, "?!", "red sky");
        Assert.All(rows.Take(2 * 4096), value => Assert.Equal(0, value));
        Assert.Equal(1, rows.Sum(value => value * value), 5);
    }

    [Fact]
    public void TermsThatShareTheOnlyComponentHaveSigns()
    {
        TfIdfEmbedder narrow = new(Texts, 1);
        float[] output = new float[26];
        narrow.Embed([.. Enumerable.Range('a', 26).Select(c => ((char)c).ToString())], output);
        Assert.All(output, value => Assert.Equal(1, Math.Abs(value)));
        Assert.Contains(1, output);
        Assert.Contains(-1, output);
    }

    [Fact]
    public void EveryKindOfTaskTakesIt()
    {
        StsTask task = new("sts", [new(5, "red apple", "apple red"), new(1, "sky", "green apple"), new(3, "red apple", "green apple")]);
        Assert.Equal(1, task.Evaluate(new TfIdfEmbedder(task.Texts)).Of("cosine_spearman"), 12);
    }

    [Fact]
    public void BadInputIsRefused()
    {
        Assert.Throws<ArgumentNullException>(() => new TfIdfEmbedder(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TfIdfEmbedder(Texts, 0));
        Assert.Throws<ArgumentException>(() => new TfIdfEmbedder(Texts).Embed(["a"], new float[4095]));
        Assert.ThrowsAny<OperationCanceledException>(() => new TfIdfEmbedder(Texts).Embed(["a"], new float[4096], new CancellationToken(true)));
    }

    private static double Cosine(string a, string b)
    {
        float[] rows = Embed(a, b);
        return EmbeddingAgreement.Cosines(rows.AsSpan(0, 4096), rows.AsSpan(4096), 4096)[0];
    }

    private static float[] Embed(params string?[] texts)
    {
        float[] rows = new float[texts.Length * 4096];
        new TfIdfEmbedder(Texts).Embed(texts, rows);
        return rows;
    }
}
