// Exhaustive search on vectors small enough to check by eye, and against sorting all scores.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class ExactSearchTests
{
    [Fact]
    public void TheLargestInnerProductsComeFirstAndTheEarlierOfEquals()
    {
        float[] documents = [1, 0, 0, 1, 1, 0, .6f, .8f];
        Assert.Equal([[0, 2, 3], [1, 3, 0]], ExactSearch.Search(new float[] { 1, 0, 0, 1 }, documents, 2, 3));
    }

    [Fact]
    public void AskingForMoreThanThereIsReturnsAll() =>
        Assert.Equal([[1, 0]], ExactSearch.Search(new float[] { 0, 1 }, new float[] { 1, 0, 0, 1 }, 2, 10));

    [Fact]
    public void ManyQueriesFindWhatSortingAllScoresFinds()
    {
        Random random = new(7);
        float[] queries = [.. Enumerable.Range(0, 21 * 5).Select(_ => random.NextSingle() - .5f)];
        float[] documents = [.. Enumerable.Range(0, 300 * 5).Select(_ => random.NextSingle() - .5f)];
        int[][] found = ExactSearch.Search(queries, documents, 5, 10);
        for (int q = 0; q < 21; q++)
        {
            double Score(int d) => Enumerable.Range(0, 5).Sum(i => (double)queries[q * 5 + i] * documents[d * 5 + i]);
            Assert.Equal(Enumerable.Range(0, 300).OrderByDescending(Score).Take(10), found[q]);
        }
    }

    [Fact]
    public void OverlapIsTheMeanShareOfCommonNeighbours()
    {
        int[][] first = [[1, 2, 3, 4], [5, 6, 7, 8]];
        int[][] second = [[4, 3, 9, 10], [8, 7, 6, 5]];
        Assert.Equal(0.75, ExactSearch.Overlap(first, second));
        Assert.Throws<ArgumentException>(() => ExactSearch.Overlap(first, [[1]]));
    }
}
