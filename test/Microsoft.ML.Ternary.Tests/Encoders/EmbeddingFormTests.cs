using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class EmbeddingFormTests
{
    [Theory]
    // Mean magnitude 2: ternary keeps magnitudes above 1.5, whose mean is 2.8.
    [InlineData(EmbeddingForm.Float32, 3f, -3f, 1f, -1f, 0f, 4f, 2f, -2f)]
    [InlineData(EmbeddingForm.Ternary, 2.8f, -2.8f, 0f, 0f, 0f, 2.8f, 2.8f, -2.8f)]
    [InlineData(EmbeddingForm.Binary, 2f, -2f, 2f, -2f, 2f, 2f, 2f, -2f)]
    public void EachFormGivesBackItsLevels(EmbeddingForm form, params float[] expected)
    {
        float[] values = [3, -3, 1, -1, 0, 4, 2, -2];
        EmbeddingRounding.Round(values, form, values);
        Assert.Equal(expected, values);
    }

    [Fact]
    public void Int8RoundsToTheNearestOf255Levels()
    {
        float[] values = [127, -3.4f, 2.5f, 3.5f, -0.5f, 0];
        EmbeddingRounding.Round(values, EmbeddingForm.Int8, values);
        Assert.Equal([127, -3, 2, 4, 0, 0], values);
    }

    [Theory]
    [InlineData(EmbeddingForm.Float32)]
    [InlineData(EmbeddingForm.Int8)]
    [InlineData(EmbeddingForm.Ternary)]
    [InlineData(EmbeddingForm.Binary)]
    public void ADestinationThatIsShorterIsRefusedBeforeAnythingIsWritten(EmbeddingForm form)
    {
        float[] destination = [7, 7];
        Assert.Throws<ArgumentException>(() => EmbeddingRounding.Round([1, 2, 3], form, destination));
        Assert.Equal([7, 7], destination);
    }

    [Theory]
    [InlineData(EmbeddingForm.Int8)]
    [InlineData(EmbeddingForm.Ternary)]
    [InlineData(EmbeddingForm.Binary)]
    public void AnEmbeddingOfZerosStaysOne(EmbeddingForm form)
    {
        float[] values = new float[5];
        EmbeddingRounding.Round(values, form, values);
        Assert.All(values, value => Assert.Equal(0, value));
        EmbeddingRounding.Round([], form, values);
    }
}
