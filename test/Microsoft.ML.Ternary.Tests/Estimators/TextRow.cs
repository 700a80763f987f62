// Rows as a user of an embedding pipeline has them.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary.Tests.Estimators;

internal sealed class TextRow
{
    public string? Text { get; set; }

    public string Label { get; set; } = "";

    public static IDataView View(MLContext ml, IEnumerable<string?> texts) =>
        ml.Data.LoadFromEnumerable(texts.Select((text, i) => new TextRow { Text = text, Label = "class" + i % 3 }));
}

internal sealed class TextPrediction
{
    public float[] Embedding { get; set; } = [];

    public float[] Score { get; set; } = [];

    public string? PredictedLabel { get; set; }
}

/// <summary>Columns that an embedding cannot be made from.</summary>
internal sealed class OtherRow
{
    public string? Text { get; set; }

    public float Number { get; set; }

    [VectorType(2)]
    public string[] Words { get; set; } = ["", ""];

    [VectorType(4)]
    public float[] Vector { get; set; } = [0, 0, 0, 0];
}
