// The storage forms of token embeddings: exact where they must be, close where they may be, and the same through every path.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Tests.Checkpoints;

public sealed class EmbeddingTableTests
{
    public static TheoryData<int> Widths() => [1, 7, 31, 32, 33, 64, 100, 384, 1030];

    [Fact]
    public void Int8_takes_the_largest_magnitude_of_a_row_as_127()
    {
        Float32EmbeddingTable source = new([127, -63.5f, 1, 0, 0, 0, 0, 0], 2, 4);
        Int8EmbeddingTable table = Int8EmbeddingTable.From(source);
        // -63.5 lies between two codes and goes to the even one.
        Assert.Equal([127, -64, 1, 0, 0, 0, 0, 0], TestModels.Rows(table));
        Assert.Equal([1f, 0f], table.Scales);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Int8_is_within_half_a_step_of_the_original(int columns)
    {
        Float32EmbeddingTable source = Random(5, columns);
        Int8EmbeddingTable table = Int8EmbeddingTable.From(source);
        float[] values = TestModels.Rows(table);
        for (int i = 0; i < values.Length; i++)
            Assert.InRange(values[i] - source.Values[i], -0.5001f * table.Scales[i / columns], 0.5001f * table.Scales[i / columns]);
    }

    [Fact]
    public void Int4_holds_sixteen_evenly_spaced_values_exactly()
    {
        float[] values = [.. Enumerable.Range(0, 32).Select(i => (i % 16 - 8) * 0.25f)];
        Assert.Equal(values, TestModels.Rows(Int4EmbeddingTable.From(new Float32EmbeddingTable(values, 1, 32))));
        // Turned round, the extreme is positive and the scale negative.
        float[] mirrored = [.. values.Select(v => -v)];
        Assert.Equal(mirrored, TestModels.Rows(Int4EmbeddingTable.From(new Float32EmbeddingTable(mirrored, 1, 32))));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Int4_keeps_the_direction_of_a_row(int columns)
    {
        Float32EmbeddingTable source = Random(5, columns);
        float[] values = TestModels.Rows(Int4EmbeddingTable.From(source));
        for (int row = 0; row < 5; row++)
        {
            Span<float> original = source.Values.AsSpan(row * columns, columns);
            float cosine = System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(original, values.AsSpan(row * columns, columns));
            Assert.InRange(cosine, 0.99f, 1.0001f);
        }
    }

    [Fact]
    public void Int4_groups_do_not_disturb_one_another()
    {
        float[] values = new float[64];
        values[0] = 1000;
        values[63] = 0.001f;
        float[] rounded = TestModels.Rows(Int4EmbeddingTable.From(new Float32EmbeddingTable(values, 1, 64)));
        Assert.Equal(1000, rounded[0], 0.5f);
        Assert.Equal(0.001f, rounded[63], 1e-5f);
    }

    [Fact]
    public void Float16_rounds_each_value_to_the_nearest()
    {
        float[] values = [1, 1 + 1f / 4096, 65504, 1e-8f];
        Assert.Equal([1, 1, 65504, 0], TestModels.Rows(Float16EmbeddingTable.From(new Float32EmbeddingTable(values, 2, 2))));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Adding_a_row_is_copying_it_and_adding(int columns)
    {
        Float32EmbeddingTable source = Random(3, columns);
        foreach (EmbeddingTable table in new EmbeddingTable[] { source, Float16EmbeddingTable.From(source), Int8EmbeddingTable.From(source), Int4EmbeddingTable.From(source) })
        {
            // Longer than a row: what follows the row must not be touched.
            float[] copied = [.. Enumerable.Repeat(9f, columns + 40)];
            float[] added = [.. Enumerable.Repeat(9f, columns + 40)];
            table.CopyRow(1, copied);
            table.AddRow(1, added);
            for (int i = 0; i < columns; i++)
                Assert.Equal(9 + copied[i], added[i], 1e-5f);
            Assert.All(copied.Skip(columns).Concat(added.Skip(columns)), v => Assert.Equal(9, v));
        }
    }

    [Fact]
    public void A_row_that_does_not_exist_and_a_destination_that_is_short_are_refused()
    {
        Float32EmbeddingTable source = Random(2, 40);
        foreach (EmbeddingTable table in new EmbeddingTable[] { source, Float16EmbeddingTable.From(source), Int8EmbeddingTable.From(source), Int4EmbeddingTable.From(source) })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => table.CopyRow(2, new float[40]));
            Assert.Throws<ArgumentOutOfRangeException>(() => table.AddRow(-1, new float[40]));
            Assert.Throws<ArgumentException>(() => table.CopyRow(0, new float[39]));
            Assert.Throws<ArgumentException>(() => table.AddRow(0, new float[39]));
        }
    }

    private static Float32EmbeddingTable Random(int rows, int columns)
    {
        Random random = new(columns);
        return new Float32EmbeddingTable([.. Enumerable.Range(0, rows * columns).Select(_ => (float)(random.NextDouble() - random.NextDouble()))], rows, columns);
    }
}
