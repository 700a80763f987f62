// Who frees an encoder that several transformers use: the last of them.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public class SharedEncoderTests
{
    [Fact]
    public void TheLastUserFreesTheEncoderAndTheNextMakesAnother()
    {
        int made = 0;
        SharedEncoder shared = new(() =>
        {
            made++;
            return new TextEncoder(TestModels.Tiny());
        });
        shared.Make();
        TextEncoder first = shared.Borrow();
        Assert.Same(first, shared.Borrow());
        Assert.Equal(1, made);

        shared.Return();
        first.Embed("the cat");
        shared.Return();

        Assert.Throws<ObjectDisposedException>(() => first.Embed("the cat"));
        Assert.NotSame(first, shared.Borrow());
        Assert.Equal(2, made);
    }

    [Fact]
    public void OnTheCpuATransformerEmbedsAfterItWasDisposed()
    {
        MLContext ml = new();
        IDataView rows = ml.Data.LoadFromEnumerable([new { Text = "the cat" }]);
        TernaryEmbeddingTransformer transformer = ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", TestModels.Tiny()).Fit(rows);
        float[] before = transformer.Transform(rows).GetColumn<float[]>("Embedding").Single();

        transformer.Dispose();

        Assert.Equal(before, transformer.Transform(rows).GetColumn<float[]>("Embedding").Single());
    }
}
