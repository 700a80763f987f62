// Things put in order of the group each belongs to, by counting: the layout of inverted lists and of hash buckets.
namespace Microsoft.ML.Ternary.Ann;

internal static class Grouping
{
    /// <summary>Where each group begins when its members lie together, and at the end how many members there are.</summary>
    public static int[] Starts(ReadOnlySpan<int> groupOf, int groups)
    {
        int[] starts = new int[groups + 1];
        foreach (int group in groupOf)
            starts[group + 1]++;
        for (int group = 0; group < groups; group++)
            starts[group + 1] += starts[group];
        return starts;
    }

    /// <summary>The members, group by group, ascending within each.</summary>
    public static int[] Members(ReadOnlySpan<int> groupOf, int[] starts)
    {
        int[] next = (int[])starts.Clone();
        int[] members = new int[groupOf.Length];
        for (int member = 0; member < groupOf.Length; member++)
            members[next[groupOf[member]]++] = member;
        return members;
    }
}
