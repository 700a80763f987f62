// The lists of IVF and LSH by hand: what was built lies together, what came later hangs on it.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class InvertedListsTests
{
    [Fact]
    public void GroupsLieOneAfterTheOtherInTheOrderOfTheirMembers()
    {
        int[] groupOf = [2, 0, 2, 3, 0];
        int[] starts = Grouping.Starts(groupOf, 5);

        Assert.Equal([0, 2, 2, 4, 5, 5], starts);
        Assert.Equal([1, 4, 0, 2, 3], Grouping.Members(groupOf, starts));
    }

    [Fact]
    public void AddedSlotsHangOnTheirListTheNewestFirst()
    {
        InvertedLists lists = new([0, 2, 2, 3], [2, 0, 1]);
        Assert.Empty(Slots(lists.AddedMembers(1)));
        lists.Reserve(2);
        lists.Add(1);
        lists.Add(0);
        lists.Reserve(3);
        lists.Add(-1);
        lists.Add(1);
        lists.Add(1);

        Assert.Equal([2, 0], lists.BuiltMembers(0).ToArray());
        Assert.Equal([4], Slots(lists.AddedMembers(0)));
        Assert.Equal([7, 6, 3], Slots(lists.AddedMembers(1)));
        Assert.Empty(Slots(lists.AddedMembers(2)));
        Assert.Equal((3, 5), (lists.Built, lists.Added));
        Assert.Equal([0, 2, 0, 1, 0, -1, 1, 1], lists.ListOfSlots(0));
        Assert.Equal([1, 0, -1, 1, 1], lists.ListOfSlots(3));
    }

    private static List<int> Slots(InvertedLists.Chain chain)
    {
        List<int> slots = [];
        while (chain.MoveNext())
            slots.Add(chain.Current);
        return slots;
    }
}
