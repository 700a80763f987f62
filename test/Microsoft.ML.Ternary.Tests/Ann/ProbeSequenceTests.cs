// The order of buckets by hand, and against sorting all of them.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class ProbeSequenceTests
{
    [Fact]
    public void BucketsComeInTheOrderOfTheMarginsThatAreCrossed()
    {
        // One table: the hash is 101; crossing bit 2 costs 1, bit 0 costs 4, bit 1 costs 9.
        ProbeSequence probes = new(1, 3);
        probes.Begin([2, -3, 1]);

        Assert.Equal([0b101, 0b001, 0b100, 0b000, 0b111, 0b011, 0b110, 0b010], All(probes).Select(probe => probe.Code));
    }

    [Fact]
    public void TablesTakeTurnsByWhatIsMostLikely()
    {
        // The second table's planes are nearer to the query: 0.25 and 1 against 4 and 16.
        ProbeSequence probes = new(2, 2);
        probes.Begin([2, 4, -0.5f, -1]);

        Assert.Equal([(0, 0b11), (1, 0b00), (1, 0b01), (1, 0b10), (1, 0b11), (0, 0b10), (0, 0b01), (0, 0b00)], All(probes));
    }

    [Property(MaxTest = 60)]
    public void EveryBucketComesOnceAndNoneBeforeALikelierOne(byte tableCount, byte bitCount, int seed)
    {
        int tables = 1 + tableCount % 4, bits = 1 + bitCount % 7;
        Random random = new(seed);
        float[] margins = [.. Enumerable.Range(0, tables * bits).Select(_ => random.NextSingle() - 0.5f)];
        ProbeSequence probes = new(tables, bits);
        probes.Begin([.. margins.Reverse()]);
        All(probes);
        probes.Begin(margins);
        List<(int Table, int Code)> sequence = All(probes);

        Assert.Equal(tables << bits, sequence.Distinct().Count());
        Assert.Equal(tables << bits, sequence.Count);
        double before = 0;
        foreach ((int table, int code) in sequence)
        {
            double score = Enumerable.Range(0, bits)
                .Where(bit => (code >> bit & 1) != (margins[table * bits + bit] > 0 ? 1 : 0))
                .Sum(bit => (double)margins[table * bits + bit] * margins[table * bits + bit]);
            Assert.True(score >= before - 1e-5, $"{score} after {before}");
            before = score;
        }
    }

    private static List<(int Table, int Code)> All(ProbeSequence probes)
    {
        List<(int, int)> all = [];
        while (probes.Next(out int table, out int code))
            all.Add((table, code));
        return all;
    }
}
