// The small parts of a search: keys that sort, the two collections of candidates, the set of visited nodes.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class CandidateTests
{
    [Property]
    public void KeysSortByDistanceAndThenById(float a, float b, ushort idA, ushort idB)
    {
        if (float.IsNaN(a) || float.IsNaN(b) || a == 0 || b == 0)
            return;
        int expected = Math.Sign(a == b ? idA.CompareTo(idB) : a.CompareTo(b));

        Assert.Equal(expected, Math.Sign(NeighborKey.Create(a, idA).CompareTo(NeighborKey.Create(b, idB))));
    }

    [Property]
    public void AKeyGivesBackDistanceAndId(float distance, int id)
    {
        if (float.IsNaN(distance))
            return;
        ulong key = NeighborKey.Create(distance, id & int.MaxValue);

        Assert.Equal(distance, NeighborKey.Distance(key));
        Assert.Equal(id & int.MaxValue, NeighborKey.Id(key));
        Assert.Equal(id & int.MaxValue, NeighborKey.Id(key | NeighborKey.Mark));
    }

    [Fact]
    public void DistancesThatAreNoNumbersComeLast() =>
        Assert.True(NeighborKey.Create(float.NaN, 0) > NeighborKey.Create(float.MaxValue, 1));

    [Property]
    public void ThePoolKeepsTheNearestSorted(float[] distances, byte capacity)
    {
        ulong[] keys = Keys(distances);
        CandidatePool pool = new();
        pool.Reset(1 + capacity);
        foreach (ulong key in keys)
            pool.Insert(key);

        Assert.Equal(keys.Order().Take(1 + capacity), pool.Sorted.ToArray());
    }

    [Fact]
    public void ThePoolHandsOutEachCandidateOnceTheNearestFirst()
    {
        CandidatePool pool = new();
        pool.Reset(3);
        Assert.Equal(0, pool.Insert(NeighborKey.Create(5, 50)));
        Assert.Equal(0, pool.Insert(NeighborKey.Create(3, 30)));
        Assert.Equal(1, pool.Insert(NeighborKey.Create(4, 40)));
        Assert.Equal(int.MaxValue, pool.Insert(NeighborKey.Create(6, 60)));

        int place = 0;
        Assert.Equal(30, pool.TakeFrom(ref place));
        Assert.Equal(40, pool.TakeFrom(ref place));
        Assert.Equal(0, pool.Insert(NeighborKey.Create(1, 10)));
        place = 0;
        Assert.Equal(10, pool.TakeFrom(ref place));
        Assert.Equal(-1, pool.TakeFrom(ref place));
    }

    [Property(MaxTest = 40)]
    public void TheNearestOfAStreamAreTheFirstOfTheSortedStream(float[] distances, byte k)
    {
        ulong[] keys = Keys(distances);
        NearestKeys nearest = new();
        nearest.Reset(1 + k % 9);
        // Several times over, with other ids, so that the buffer is cut.
        ulong[] many = [.. Enumerable.Range(0, 40).SelectMany(round => keys.Select(key => key + (ulong)(round * distances.Length) * 2))];
        foreach (ulong key in many)
            nearest.Add(key);

        Assert.Equal(many.Order().Take(1 + k % 9), nearest.Sorted().ToArray());
    }

    [Fact]
    public void TheVisitedSetForgetsHoweverOftenItIsCleared()
    {
        VisitedSet visited = new();
        visited.Reserve(3);
        for (int round = 0; round < 600; round++)
        {
            visited.Clear();
            Assert.True(visited.Add(round % 3));
            Assert.False(visited.Add(round % 3));
            Assert.True(visited.Add((round + 1) % 3));
            Assert.False(visited.Add(3));
            Assert.False(visited.Add(-1));
        }
    }

    private static ulong[] Keys(float[] distances) =>
        [.. distances.Select((distance, id) => NeighborKey.Create(distance, id))];
}
