// The data and the hold-out list that the repository ships, as the samples read them.
using Samples.Common;

namespace Samples.Tests;

public class ShippedDataTests
{
    [Fact]
    public void TheHeldOutListIsTheOneThatItsSeedDraws()
    {
        List<Synset> synsets = Synset.ReadAll(RepositoryFiles.WordNet);
        Assert.Equal(117_659, synsets.Count);
        List<string> ids = HeldOut.ReadSynsetIds(RepositoryFiles.HeldOutSynsets);
        Assert.Equal(1_000, ids.Count);
        Assert.Equal(HeldOut.Draw(synsets, 1_000, seed: 1).Select(synset => synset.Id), ids);
    }

    [Fact]
    public void VersesAreInTwoTranslationsAndTheHeldOutBooksAreAmongThem()
    {
        List<Verse> verses = Verse.ReadAll(RepositoryFiles.Verses);
        Assert.Equal(31_095, verses.Count);
        Assert.All(HeldOut.Books, book => Assert.Contains(verses, verse => verse.Book == book));
        Assert.Equal(new Verse("Genesis", 1, 1, "In the beginning God created the heaven and the earth.", "In the beginning, God created the heavens and the earth."), verses[0]);
    }
}
