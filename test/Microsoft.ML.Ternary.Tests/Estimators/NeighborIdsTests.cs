// An index may hold vectors that were added after its ids were collected, and may find fewer neighbours than asked for: what has no
// id comes out as missing, in the way of its type.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class NeighborIdsTests
{
    // A known vector, none, one that came later, and another known one.
    private static readonly int[] Found = [1, -1, 2, 0];

    [Fact]
    public void RowNumbersOfLaterVectorsAreGivenAndNoneIsMinusOne() =>
        Assert.Equal([1L, -1, 2, 0], Read<long>(new RowNumberIds(2)));

    [Fact]
    public void NumbersThatAreMissingAreNaNWhereThereIsOneElseZero()
    {
        Assert.Equal([8f, float.NaN, float.NaN, 7], Read<float>(new NumberIds<float>([7, 8])));
        Assert.Equal([8d, double.NaN, double.NaN, 7], Read<double>(new NumberIds<double>([7, 8])));
        Assert.Equal([8, 0, 0, 7], Read<int>(new NumberIds<int>([7, 8])));
        Assert.Equal([8ul, 0, 0, 7], Read<ulong>(new NumberIds<ulong>([7, 8])));
    }

    [Fact]
    public void TextThatIsMissingIsEmpty() =>
        Assert.Equal(["bc", "", "", "a"], Read<ReadOnlyMemory<char>>(new TextIds(['a', 'b', 'c'], [1, 3])).Select(text => text.ToString()));

    [Fact]
    public void KeysThatAreMissingAreZeroWhateverTheIdsAre()
    {
        foreach (NeighborIds ids in new NeighborIds[] { new RowNumberIds(2), new NumberIds<float>([7, 8]), new TextIds(['a', 'b'], [1, 2]) })
        {
            VBuffer<uint> keys = default;
            ids.MakeKeyGetter(() => Found)(ref keys);
            Assert.Equal([2u, 0, 0, 1], keys.DenseValues());
        }
    }

    [Fact]
    public void IdsReadBackFromAStreamAreTheSameAndATruncatedOneIsRefused()
    {
        foreach (NeighborIds ids in new NeighborIds[] { new RowNumberIds(2), new NumberIds<ushort>([7, 8]), new TextIds(['a', 'b'], [1, 2]), new TextIds([], [0, 0]) })
        {
            byte[] bytes = Write(ids);
            NeighborIds read = IdSections.Read(new BinaryReader(new MemoryStream(bytes)), "ids");
            Assert.Equal(ids.Sections().SelectMany(section => section.Value), read.Sections().SelectMany(section => section.Value));
            for (int length = 0; length < bytes.Length; length++)
            {
                byte[] cut = bytes[..length];
                Assert.Contains("ids:", Assert.Throws<InvalidDataException>(() => IdSections.Read(new BinaryReader(new MemoryStream(cut)), "ids")).Message);
            }
        }
    }

    [Theory]
    [InlineData("Int3", new byte[] { 1 }, null, "'Int3', which is unknown")]
    [InlineData("Int32", null, null, "'ids' is missing")]
    [InlineData("Int32", new byte[] { 1, 2, 3 }, null, "3 bytes")]
    [InlineData("RowNumber", new byte[] { 0, 0, 0, 0 }, null, "number of rows")]
    [InlineData("Text", new byte[] { 65, 0 }, new byte[] { 2, 0, 0, 0 }, "1 characters, expected 2")]
    [InlineData("Text", new byte[] { 65, 0 }, new byte[] { 1, 0, 0, 0, 0, 0, 0, 0 }, "does not ascend at 1")]
    public void SectionsThatMakeNoSenseAreRefused(string type, byte[]? values, byte[]? ends, string problem)
    {
        Dictionary<string, byte[]?> sections = new()
        {
            [IdSections.Type] = [.. type.Select(character => (byte)character)],
            [IdSections.Values] = values,
            [IdSections.Ends] = ends,
        };

        string message = Assert.Throws<InvalidDataException>(() => new IdSections(sections.GetValueOrDefault, "x.ann").Read(2)).Message;

        Assert.Contains("x.ann", message);
        Assert.Contains(problem, message);
    }

    private static byte[] Write(NeighborIds ids)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        IdSections.Write(ids, writer);
        writer.Flush();
        return stream.ToArray();
    }

    private static T[] Read<T>(NeighborIds ids)
    {
        VBuffer<T> values = default;
        ((ValueGetter<VBuffer<T>>)ids.MakeGetter(() => Found))(ref values);
        return [.. values.DenseValues()];
    }
}
