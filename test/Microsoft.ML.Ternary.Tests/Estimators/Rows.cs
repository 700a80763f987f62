// Rows of text with columns of every kind beside them, so that tests can tell whether a row stayed whole.
using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary.Tests.Estimators;

/// <summary>A row whose every column is told by <see cref="Number"/>.</summary>
internal sealed class Row
{
    public int Number { get; set; }

    public string? Text { get; set; }

    [VectorType(3)]
    public float[] Known { get; set; } = [];

    /// <summary>As many values as Number modulo 5, so that a buffer that is handed out twice shows.</summary>
    public float[] Varying { get; set; } = [];

    [VectorType(2)]
    public string[] Words { get; set; } = [];

    public static Row Of(int number)
    {
        string text = number.ToString(CultureInfo.InvariantCulture);
        return new Row
        {
            Number = number,
            Text = text,
            Known = [number, number + 1, number + 2],
            Varying = [.. Enumerable.Repeat((float)number, number % 5)],
            Words = [text, "w" + text],
        };
    }

    public static IDataView View(MLContext ml, int count) => ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(Of));
}

/// <summary>A row after embedding with <see cref="FakeEmbedding"/>.</summary>
internal sealed class EmbeddedRow
{
    public int Number { get; set; }

    public string? Text { get; set; }

    public float[] Known { get; set; } = [];

    public float[] Varying { get; set; } = [];

    public string[] Words { get; set; } = [];

    public float[] Embedding { get; set; } = [];

    /// <summary>Fails unless every column still belongs to the same row.</summary>
    public void AssertWhole()
    {
        Row expected = Row.Of(Number);
        Assert.Equal(expected.Text, Text);
        Assert.Equal(expected.Known, Known);
        Assert.Equal(expected.Varying, Varying);
        Assert.Equal(expected.Words, Words);
        Assert.Equal(FakeEmbedding.Of(expected.Text!), Embedding);
    }
}
