// BM25 against scores worked out by hand from the formula.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class Bm25IndexTests
{
    private static readonly string?[] Documents = ["the cat sat", "the dog, the dog", "A CAT and a dog: friends", null];

    [Fact]
    public void ScoresFollowTheFormula()
    {
        // 3, 4, 6 and 0 terms, 3.25 on average; "cat" is in 2 of 4 documents, once in each.
        double idf = Math.Log(1 + (4 - 2 + 0.5) / (2 + 0.5));
        double Score(double length) => idf * 1 / (1 + 1.2 * (0.25 + 0.75 * length / 3.25));
        Bm25Hit[] hits = new Bm25Index(Documents).Search("cat", 10);
        Assert.Equal([0, 2], hits.Select(hit => hit.Document));
        Assert.Equal(Score(3), hits[0].Score, 12);
        Assert.Equal(Score(6), hits[1].Score, 12);
    }

    [Fact]
    public void RepeatedTermsAddLessAndLessAndQueryTermsAddUp()
    {
        double idfThe = Math.Log(1 + (4 - 2 + 0.5) / 2.5), idfDog = idfThe;
        double length = 1.2 * (0.25 + 0.75 * 4 / 3.25);
        Bm25Hit best = new Bm25Index(Documents).Search("The dog!", 1).Single();
        Assert.Equal(1, best.Document);
        Assert.Equal((idfThe + idfDog) * 2 / (2 + length), best.Score, 12);
    }

    [Fact]
    public void DocumentsThatShareNoTermAreNotFound()
    {
        Bm25Index index = new(Documents);
        Assert.Empty(index.Search("whale", 10));
        Assert.Empty(index.Search(null, 10));
        Assert.Equal(4, index.Count);
    }

    [Fact]
    public void OfEqualScoresTheEarlierDocumentComesFirst() =>
        Assert.Equal([0, 1, 2], new Bm25Index(["a b", "b a", "a c"]).Search("a", 3).Select(hit => hit.Document));

    [Fact]
    public void TermsAreRunsOfLettersAndDigitsInLowerCase() =>
        Assert.Equal(["naïve", "x86", "64", "don", "t"], Bm25Index.Terms("  Naïve x86-64, don't "));

    [Fact]
    public void AnIndexWithoutDocumentsFindsNothing() => Assert.Empty(new Bm25Index([]).Search("a", 1));
}
