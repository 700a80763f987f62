// A figure on held-out text is worth as much as the hold-out is tight.
using Samples.Common;
using Samples.Common.Corpus;

namespace Samples.Tests;

public class CorpusBuilderTests
{
    private static readonly Synset[] Synsets =
    [
        new("n1", "noun.artifact", ["thermometer"], [], "an instrument that measures temperature", ["the thermometer fell"]),
        new("n2", "noun.artifact", ["barometer"], [], "an instrument that measures pressure", ["the barometer fell", "a shared example"]),
        new("n3", "noun.artifact", ["gauge", "gage"], [], "an instrument that measures", ["a shared example"]),
        new("n4", "noun.artifact", ["Barometer"], [], "An instrument that measures pressure", []),
    ];

    private static readonly Verse[] Verses =
    [
        new("Genesis", 1, 1, "In the beginning", "At the start"),
        new("Mark", 1, 1, "The beginning of the gospel", "At the start"),
    ];

    [Fact]
    public void WhatIsHeldOutIsNowhereInTheCorpus()
    {
        TrainingCorpus corpus = new CorpusBuilder(Synsets, Verses, [new("short", "A shared example")], ["n2"]).Build(longTexts: 0, seed: 1);
        Assert.Equal(
            ["In the beginning", "an instrument that measures", "an instrument that measures temperature", "gauge, gage", "short", "the thermometer fell", "thermometer"],
            corpus.Texts.Order(StringComparer.Ordinal));
        Assert.Equal(["an instrument that measures pressure"], corpus.HeldOutGlosses);
    }

    [Fact]
    public void AHeldOutPackageIsNowhereInTheCorpusNorAreTheTextsThatEqualItsOwn()
    {
        PackageDescription heldOut = new("runs the tests", FirstHeldOutOpening + " It is fast.");
        PackageDescription sibling = new("runs the tests, documentation", FirstHeldOutOpening + " It explains.");
        PackageDescription sameTitle = new("runs the tests", "Another program.");
        PackageDescription[] packages = [heldOut, sibling, sameTitle];
        Assert.Equal([true, true, false], packages.Select(HeldOut.Includes));
        TrainingCorpus corpus = new CorpusBuilder([], [], packages, []).Build(longTexts: 0, seed: 1);
        Assert.Equal(["Another program."], corpus.Texts);
    }

    [Fact]
    public void AboutOnePackageInFiftyIsHeldOut() =>
        Assert.InRange(Enumerable.Range(0, 50_000).Count(i => HeldOut.Includes(new PackageDescription("any", $"Program {i}."))), 800, 1200);

    [Theory]
    [InlineData("short", "  It  does this.\n It does that.", "It does this.")]
    [InlineData("short", "version 1.2 of it: the parts", "version 1.2 of it:")]
    [InlineData("short", "no end", "no end")]
    [InlineData("short", "", "short")]
    public void APackagesOpeningIsTheFirstSentenceOfItsLongDescription(string title, string body, string opening) =>
        Assert.Equal(opening, new PackageDescription(title, body).Opening);

    private static string FirstHeldOutOpening =>
        Enumerable.Range(0, 10_000).Select(i => $"Program {i}.").First(opening => HeldOut.Includes(new PackageDescription("any", opening)));

    [Fact]
    public void TheSameSeedGivesTheSameOrderAndAnotherSeedAnother()
    {
        IReadOnlyList<string> Texts(int seed) => new CorpusBuilder(Synsets, Verses, [], ["n2"]).Build(0, seed).Texts;
        Assert.Equal(Texts(1), Texts(1));
        Assert.NotEqual(Texts(1), Texts(2));
        Assert.Equal(Texts(1).Order(), Texts(2).Order());
    }

    [Fact]
    public void LongTextsJoinNeighboursUpToTheirBounds()
    {
        string sentence = string.Join(' ', Enumerable.Repeat("word", 30));
        string[] chain = [.. Enumerable.Range(0, 50).Select(i => $"{i} {sentence}")];
        string[] passages = [.. LongTexts.Join([chain], new Random(1)).Take(20)];
        foreach (string passage in passages)
        {
            Assert.InRange(Text.CountWords(passage), 55, 190);
            int first = int.Parse(passage[..passage.IndexOf(' ')]);
            Assert.Contains($" {first + 1} word", passage);
        }
    }

    [Fact]
    public void ASourceWithoutLongPassagesEndsInsteadOfRunningForever() =>
        Assert.Empty(LongTexts.Join([["too short", "to be joined"]], new Random(1)));

    [Fact]
    public void AnUnknownHeldOutSynsetIsNamed() =>
        Assert.Contains("n9", Assert.Throws<InvalidDataException>(() => new CorpusBuilder(Synsets, Verses, [], ["n9"])).Message);
}
