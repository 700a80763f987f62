// An encoder as a task's model gives the encoder's own embeddings.
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class TextEncoderEmbedderTests
{
    [Fact]
    public void EmbeddingsAreTheEncoders()
    {
        using TextEncoder encoder = new(TestModels.Tiny());
        TextEncoderEmbedder embedder = new(encoder);
        float[] output = new float[2 * embedder.Dimension];
        embedder.Embed(["one text", null], output);
        Assert.Equal([.. encoder.Embed("one text"), .. encoder.Embed(null)], output);
    }

    [Fact]
    public void AnEncoderMustBeGiven() => Assert.Throws<ArgumentNullException>(() => new TextEncoderEmbedder(null!));
}
