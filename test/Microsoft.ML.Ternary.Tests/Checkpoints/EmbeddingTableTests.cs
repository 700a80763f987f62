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

    [Fact]
    public void Int3_holds_eight_evenly_spaced_values_exactly()
    {
        // Neighbours differ, and the order is not the same in every quarter: a value in another's place is noticed.
        float[] values = [.. Enumerable.Range(0, 32).Select(i => ((5 * i + i / 8) % 8 - 4) * 0.25f)];
        Assert.Equal(values, TestModels.Rows(Int3EmbeddingTable.From(new Float32EmbeddingTable(values, 1, 32))));
        float[] mirrored = [.. values.Select(v => -v)];
        Assert.Equal(mirrored, TestModels.Rows(Int3EmbeddingTable.From(new Float32EmbeddingTable(mirrored, 1, 32))));
    }

    [Fact]
    public void Int3_holds_the_codes_of_every_fourth_value_in_24_bits()
    {
        // Values 0, 4, 8 are -4, -3, -2 steps of 1 and stored as 0, 1, 2; value 1 is -1 and stored as 3; all others are 0, stored as 4.
        float[] values = new float[32];
        (values[0], values[4], values[8], values[1]) = (-4, -3, -2, -1);
        Int3EmbeddingTable table = Int3EmbeddingTable.From(new Float32EmbeddingTable(values, 1, 32));
        // 0, 1, 2, 4, 4, 4, 4, 4 from the lowest bits on: octal 44444210; then 44444443 and twice 44444444.
        Assert.Equal([0x88, 0x48, 0x92, 0x23, 0x49, 0x92, 0x24, 0x49, 0x92, 0x24, 0x49, 0x92], table.Codes.ToArray());
        Assert.Equal([0x00, 0x3C], table.ScaleBytes.ToArray());
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Grouped_tables_keep_the_direction_of_a_row(int columns)
    {
        Float32EmbeddingTable source = Random(5, columns);
        foreach ((EmbeddingTable table, float least) in new (EmbeddingTable, float)[] { (Int4EmbeddingTable.From(source), 0.99f), (Int3EmbeddingTable.From(source), 0.96f) })
        {
            float[] values = TestModels.Rows(table);
            for (int row = 0; row < 5; row++)
            {
                Span<float> original = source.Values.AsSpan(row * columns, columns);
                float cosine = System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(original, values.AsSpan(row * columns, columns));
                Assert.InRange(cosine, least, 1.0001f);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_grouped_table_gives_back_what_the_rule_for_groups_gives(int columns)
    {
        Float32EmbeddingTable source = Random(3, columns);
        foreach ((EmbeddingTable table, int bits) in new (EmbeddingTable, int)[] { (Int4EmbeddingTable.From(source), 4), (Int3EmbeddingTable.From(source), 3) })
        {
            float[] expected = new float[source.Values.Length];
            for (int row = 0; row < 3; row++)
                new GroupRounding(bits).Round(source.Values.AsSpan(row * columns, columns), expected.AsSpan(row * columns, columns));
            Assert.Equal(expected, TestModels.Rows(table));
        }
    }

    [Fact]
    public void Groups_do_not_disturb_one_another()
    {
        float[] values = new float[64];
        values[0] = 1000;
        values[63] = 0.001f;
        Float32EmbeddingTable source = new(values, 1, 64);
        foreach (EmbeddingTable table in new EmbeddingTable[] { Int4EmbeddingTable.From(source), Int3EmbeddingTable.From(source) })
        {
            float[] rounded = TestModels.Rows(table);
            Assert.Equal(1000, rounded[0], 0.5f);
            Assert.Equal(0.001f, rounded[63], 1e-5f);
        }
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
        foreach (EmbeddingTable table in AllForms(source))
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
        foreach (EmbeddingTable table in AllForms(source))
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => table.CopyRow(2, new float[40]));
            Assert.Throws<ArgumentOutOfRangeException>(() => table.AddRow(-1, new float[40]));
            Assert.Throws<ArgumentException>(() => table.CopyRow(0, new float[39]));
            Assert.Throws<ArgumentException>(() => table.AddRow(0, new float[39]));
        }
    }

    private static EmbeddingTable[] AllForms(Float32EmbeddingTable source) =>
        [source, Float16EmbeddingTable.From(source), Int8EmbeddingTable.From(source), Int4EmbeddingTable.From(source), Int3EmbeddingTable.From(source)];

    private static Float32EmbeddingTable Random(int rows, int columns)
    {
        Random random = new(columns);
        return new Float32EmbeddingTable([.. Enumerable.Range(0, rows * columns).Select(_ => (float)(random.NextDouble() - random.NextDouble()))], rows, columns);
    }
}
