// "prepare-corpus": writes the text that the shipped model is distilled on, one text a line, and the held-out glosses.
using System.CommandLine;
using Samples.Common;
using Samples.Common.Corpus;

namespace Samples.DistillModel;

internal static class PrepareCorpusCommand
{
    private static readonly Option<FileInfo> Output = new("--output")
    { Description = "The corpus, one text a line", DefaultValueFactory = _ => new("corpus.txt") };

    private static readonly Option<FileInfo?> HeldOutOutput = new("--held-out-output")
    { Description = "The held-out glosses, one a line [default: held-out.txt beside the corpus]" };

    private static readonly Option<FileInfo> WordNet = new("--wordnet")
    { Description = "WordNet as a table", DefaultValueFactory = _ => new(RepositoryFiles.WordNet) };

    private static readonly Option<FileInfo> Verses = new("--verses")
    { Description = "Verses in two translations", DefaultValueFactory = _ => new(RepositoryFiles.Verses) };

    private static readonly Option<FileInfo> HeldOutSynsets = new("--held-out")
    { Description = "Ids of the synsets to leave out", DefaultValueFactory = _ => new(RepositoryFiles.HeldOutSynsets) };

    private static readonly Option<string[]> Descriptions = new("--descriptions")
    {
        Description = "apt's English translation files, or folders of them",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [PackageDescriptions.DefaultFolder],
    };

    private static readonly Option<bool> NoDescriptions = new("--no-descriptions")
    { Description = "Go without package descriptions (the shipped model was trained with them)" };

    private static readonly Option<double> DescriptionShare = new("--description-share")
    { Description = "Share of the packages, from 0 to 1, whose descriptions are taken", DefaultValueFactory = _ => 1 };

    private static readonly Option<int> Long = new("--long")
    { Description = "Longer texts to add, joined from shorter ones", DefaultValueFactory = _ => 20_000 };

    private static readonly Option<int> Seed = new("--seed")
    { Description = "Seed of joining and shuffling", DefaultValueFactory = _ => 1 };

    public static Command Create()
    {
        Command command = new("prepare-corpus", "Writes the text to distil on.")
        { Output, HeldOutOutput, WordNet, Verses, HeldOutSynsets, Descriptions, NoDescriptions, DescriptionShare, Long, Seed };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult options)
    {
        IReadOnlyList<PackageDescription> packages = [];
        if (!options.GetValue(NoDescriptions))
        {
            packages = PackageDescriptions.Read(options.GetValue(Descriptions)!);
            if (packages.Count == 0)
            {
                Console.Error.WriteLine(PackageDescriptions.HowToGet);
                return 1;
            }
            packages = Sample(packages, options.GetValue(DescriptionShare), options.GetValue(Seed));
        }
        CorpusBuilder builder = new(
            Synset.ReadAll(options.GetValue(WordNet)!.FullName),
            Verse.ReadAll(options.GetValue(Verses)!.FullName),
            packages,
            HeldOut.ReadSynsetIds(options.GetValue(HeldOutSynsets)!.FullName));
        TrainingCorpus corpus = builder.Build(options.GetValue(Long), options.GetValue(Seed));

        string output = options.GetValue(Output)!.FullName;
        string heldOut = options.GetValue(HeldOutOutput)?.FullName ?? Path.Combine(Path.GetDirectoryName(output)!, "held-out.txt");
        WholeFile.WriteLines(output, corpus.Texts);
        WholeFile.WriteLines(heldOut, corpus.HeldOutGlosses);
        foreach (CorpusPart part in corpus.Parts)
            Console.WriteLine($"{part.Source,-24}{part.Texts,9:N0} texts {part.Words,11:N0} words");
        Console.WriteLine($"{"all",-24}{corpus.Parts.Sum(part => part.Texts),9:N0} texts {corpus.Parts.Sum(part => part.Words),11:N0} words");
        Console.WriteLine($"Written to {output}; {corpus.HeldOutGlosses.Count:N0} held-out glosses to {heldOut}");
        return 0;
    }

    // All that are held out stay, since the builder needs them to know their texts elsewhere.
    private static PackageDescription[] Sample(IReadOnlyList<PackageDescription> packages, double share, int seed)
    {
        PackageDescription[] drawn = [.. packages.Where(package => !HeldOut.Includes(package))];
        new Random(seed).Shuffle(drawn);
        return [.. drawn.Take((int)Math.Round(Math.Clamp(share, 0, 1) * drawn.Length)), .. packages.Where(HeldOut.Includes)];
    }
}
