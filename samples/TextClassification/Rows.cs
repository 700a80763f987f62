// What goes into the pipeline and what comes out.
namespace Samples.TextClassification;

/// <summary>A gloss, and its class where it is known.</summary>
internal sealed class Gloss
{
    public string Text { get; set; } = "";

    public string Label { get; set; } = "";
}

/// <summary>The class predicted, with a probability for each.</summary>
internal sealed class Prediction
{
    public string PredictedLabel { get; set; } = "";

    public float[] Score { get; set; } = [];

    /// <summary>The prediction to the last bit, in one line.</summary>
    public string Exactly() => PredictedLabel + " " + string.Join(' ', Score.Select(BitConverter.SingleToUInt32Bits));
}
