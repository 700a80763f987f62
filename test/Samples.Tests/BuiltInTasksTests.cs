// The figures of built-in tasks are compared over years and machines, so what they ask is pinned down.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Evaluation;
using Samples.Common;
using Samples.Common.Corpus;
using Samples.Common.Tasks;

namespace Samples.Tests;

public class BuiltInTasksTests
{
    private static readonly TaskSources Shipped = new(packages: () => []);

    [Theory]
    [InlineData("verse-retrieval", 543, 31_095)]
    [InlineData("long-passages", 3_312, 1_544)]
    [InlineData("reverse-dictionary", 1_000, 20_000)]
    [InlineData("gloss-hypernym", 849, 20_000)]
    [InlineData("gloss-class", 1_000, 4_334)]
    [InlineData("gloss-clustering", 859, 0)]
    [InlineData("lemma-pairs", 1_600, 1_600)]
    public void ATaskHasTheTextsThatItsDocumentationSays(string name, int questions, int others)
    {
        BuiltInTask task = Assert.Single(BuiltInTasks.Create([name], Shipped));
        Assert.Equal(name, task.Task.Name);
        Assert.Equal(questions + others, task.Task.Texts.Count);
        Assert.Contains($"{questions:N0}", task.Description);
        string documentation = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "docs", "evaluation.md"));
        string row = Assert.Single(documentation.Split('\n'), line => line.StartsWith($"| `{name}`", StringComparison.Ordinal));
        Assert.Contains($"{questions:N0}", row);
        if (others is not 0)
            Assert.Contains($"{others:N0}", row);
    }

    [Fact]
    public void TasksAreTheSameEachTimeTheyAreMade()
    {
        IEnumerable<string> Texts() => BuiltInTasks.Create(sources: Shipped).SelectMany(task => task.Task.Texts);
        Assert.Equal(Texts(), Texts());
    }

    [Fact]
    public void NoQuestionIsInTheTrainingCorpus()
    {
        TrainingCorpus corpus = new CorpusBuilder(Shipped.Synsets, Shipped.Verses, [], Shipped.HeldOutIds).Build(longTexts: 0, seed: 1);
        HashSet<string> trained = new(corpus.Texts, StringComparer.OrdinalIgnoreCase);
        string[] questions =
        [
            .. VerseTasks.HardQueries(Shipped.Verses).SelectMany(verse => new[] { verse.Modern, verse.KingJames }),
            .. GlossTasks.ReverseDictionary(Shipped).Task.Texts.Take(1_000),
            .. GlossTasks.Hypernym(Shipped).Task.Texts.Take(800),
            .. GlossClassTasks.Clustering(Shipped).Task.Texts,
        ];
        Assert.DoesNotContain(questions, trained.Contains);
    }

    [Fact]
    public void PassagesFitTwoHundredAndFiftySixTokens()
    {
        using TextEncoder encoder = new(EmbeddingModelFile.Load(RepositoryFiles.TernaryModel), new TextEncoderOptions { MaxThreads = 1 });
        IReadOnlyList<string> texts = VerseTasks.LongPassages(Shipped).Task.Texts;
        TokenBatch tokens = encoder.Tokenize([.. texts.Skip(texts.Count - 1_544)]);
        int[] lengths = [.. Enumerable.Range(0, tokens.Count).Select(i => tokens.Sequence(i).Length)];
        Assert.Equal(256, encoder.Model.Tokenizer.MaxLength);
        Assert.True(lengths.Count(length => length == 256) < 0.01 * lengths.Length, $"{lengths.Count(length => length == 256)} passages are cut");
        Assert.True(lengths.Average() > 150, $"{lengths.Average()} tokens on average");
    }

    [Fact]
    public void OnlyHeldOutPackagesAreAskedForAndTheirFamiliesHaveOneDocument()
    {
        string opening = Enumerable.Range(0, 10_000).Select(i => $"Program {i} does one of many things that programs do for those who start them now and then.")
            .First(text => HeldOut.Includes(new PackageDescription("any", text)));
        string other = Enumerable.Range(0, 10_000).Select(i => $"Tool {i} does one of many things that tools do for those who take them up now and then.")
            .First(text => !HeldOut.Includes(new PackageDescription("any", text)));
        TaskSources sources = new(packages: () => [new("asked for this one", opening), new("sibling of this one", opening + " It is documentation."), new("not asked for ever", other)]);
        BuiltInTask task = Assert.Single(BuiltInTasks.Create([BuiltInTasks.PackageDescriptions], sources));
        Assert.Equal(["asked for this one", opening, other], task.Task.Texts);
        Assert.StartsWith("Seen in training", task.Description);
        Assert.Empty(BuiltInTasks.Unavailable(sources, []));
    }

    [Fact]
    public void WithoutPackageDescriptionsTheirTaskIsLeftOutWithAWord()
    {
        Assert.Empty(BuiltInTasks.Create([BuiltInTasks.PackageDescriptions], Shipped));
        Assert.Contains("left out", Assert.Single(BuiltInTasks.Unavailable(Shipped, [])));
        Assert.Empty(BuiltInTasks.Unavailable(Shipped, ["gloss-class"]));
    }

    [Fact]
    public void AnUnknownNameIsAnsweredWithTheKnownOnes() =>
        Assert.Contains("gloss-class", Assert.Throws<ArgumentException>(() => BuiltInTasks.Create(["glass-class"])).Message);
}
