// Rounding to a few bits: the rule is GroupRounding's; here it must reach every layer, in the groups that were asked for.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Checkpoints;

public sealed class ModelRounderTests
{
    [Theory]
    [InlineData(4, 32)]
    [InlineData(4, ModelRounder.WholeRow)]
    [InlineData(3, 5)]
    public void Every_group_of_every_layer_has_at_most_as_many_values_as_its_bits_can_say(int bits, int groupSize)
    {
        EmbeddingModel full = TestModels.Tiny();
        EmbeddingModel model = ModelRounder.Round(full, bits, groupSize);
        foreach ((BertLayerWeights before, BertLayerWeights after) in full.Weights.Layers.Zip(model.Weights.Layers))
        {
            foreach (((_, LinearWeights exact), (_, LinearWeights linear)) in before.Linears().Zip(after.Linears()))
            {
                DenseLinearWeights rounded = Assert.IsType<DenseLinearWeights>(linear);
                Assert.NotEqual(((DenseLinearWeights)exact).Matrix, rounded.Matrix);
                Assert.Same(exact.Bias, rounded.Bias);
                foreach (float[] row in rounded.Matrix.Chunk(rounded.InputSize))
                {
                    foreach (float[] group in row.Chunk(groupSize == ModelRounder.WholeRow ? row.Length : groupSize))
                        Assert.InRange(group.Distinct().Count(), 1, 1 << bits);
                }
            }
        }
        Assert.Same(full.Weights.TokenEmbeddings, model.Weights.TokenEmbeddings);
    }

    [Fact]
    public void Smaller_groups_and_more_bits_are_nearer_to_the_weights()
    {
        EmbeddingModel full = TestModels.Tiny();
        double[] errors = [.. new[] { (3, ModelRounder.WholeRow), (4, ModelRounder.WholeRow), (4, 8), (8, 8) }.Select(form => Error(full, ModelRounder.Round(full, form.Item1, form.Item2)))];
        Assert.Equal(errors.OrderDescending(), errors);
        Assert.True(errors[^1] > 0);
    }

    [Fact]
    public void The_provenance_says_bits_and_groups_and_that_it_runs_dense()
    {
        EmbeddingModel full = TestModels.Tiny();
        Assert.Equal("rounded without training to 4 bits, one float16 scale for every 32 weights of a row; runs dense, in float32", ModelRounder.Round(full).Provenance[ModelRounder.ProvenanceKey]);
        Assert.Equal("rounded without training to 3 bits, one float16 scale a row; runs dense, in float32", ModelRounder.Round(full, 3, ModelRounder.WholeRow).Provenance[ModelRounder.ProvenanceKey]);
    }

    [Fact]
    public void Layers_that_are_ternary_already_stay()
    {
        EmbeddingModel ternary = ModelTernarizer.Ternarize(TestModels.Tiny(), TernaryScaling.PerRow());
        Assert.Same(ternary.Weights.Layers[0].Query, ModelRounder.Round(ternary).Weights.Layers[0].Query);
    }

    [Fact]
    public void Bits_and_groups_that_cannot_be_are_refused()
    {
        EmbeddingModel full = TestModels.Tiny();
        Assert.Throws<ArgumentNullException>(() => ModelRounder.Round<EmbeddingModel>(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelRounder.Round(full, bits: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelRounder.Round(full, bits: 9));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelRounder.Round(full, groupSize: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelRounder.Round(full, groupSize: -2));
    }

    private static double Error(EmbeddingModel full, EmbeddingModel rounded)
    {
        double sum = 0;
        foreach ((BertLayerWeights before, BertLayerWeights after) in full.Weights.Layers.Zip(rounded.Weights.Layers))
        {
            foreach (((_, LinearWeights exact), (_, LinearWeights linear)) in before.Linears().Zip(after.Linears()))
                sum += ((DenseLinearWeights)exact).Matrix.Zip(((DenseLinearWeights)linear).Matrix, (a, b) => ((double)a - b) * (a - b)).Sum();
        }
        return sum;
    }
}
