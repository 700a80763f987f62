using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Tests.Encoders;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public class PackedStudentTests
{
    private static readonly string[] Texts =
        ["", "the cat", "a device that measures temperature", "how was it said that one word was hot?", new string('a', 90)];

    // The real teacher is not tried with the paper's recipe after two steps: rounded that coarsely its activations sit on rounding
    // borders, where a last bit decides an int8 code, and the differences grow from layer to layer in any two implementations.
    [Theory]
    [InlineData("st-mean", "default")]
    [InlineData("st-mean", "paper")]
    [InlineData("st-cls-mean", "default")]
    [InlineData(null, "default")]
    public void PackedWeightsEmbedAsTheTrainedStudentDoes(string? tinyFolder, string recipe)
    {
        EmbeddingModel teacher = HuggingFaceFolder.Load(tinyFolder is null ? TestPaths.MiniLm : TestPaths.Tiny(tinyFolder));
        var options = new DistillationOptions { Recipe = recipe == "paper" ? TernaryRecipe.Paper : TernaryRecipe.Default };
        using var trainer = new DistillationTrainer(teacher, options);
        TextTokenizer tokenizer = TextTokenizer.Create(teacher.Tokenizer);
        for (int step = 1; step <= 2; step++)
        {
            trainer.AddGradients(new TrainingBatch(Texts.Select(text => tokenizer.Encode(text)).ToArray()), TestContext.Current.CancellationToken);
            trainer.Step(1e-3, step);
        }
        var simulated = new float[Texts.Length * teacher.Dimension];
        trainer.Student.Embed(Texts, simulated);

        using var encoder = new TextEncoder(teacher.With(trainer.Export()));
        var packed = new float[simulated.Length];
        encoder.Embed(Texts, packed);

        for (int i = 0; i < Texts.Length; i++)
        {
            ReadOnlySpan<float> expected = simulated.AsSpan(i * teacher.Dimension, teacher.Dimension);
            ReadOnlySpan<float> actual = packed.AsSpan(i * teacher.Dimension, teacher.Dimension);
            VectorAssert.Similar(expected, actual, 0.9999f, Texts[i]);
            VectorAssert.Close(expected, actual, 1e-3f, Texts[i]);
        }
    }
}
