// "draw-held-out": how samples/data/held-out-synsets.txt was made. Run again, it writes the same file.
using System.CommandLine;
using Samples.Common;

namespace Samples.DistillModel;

internal static class DrawHeldOutCommand
{
    public static Command Create()
    {
        Option<FileInfo> wordNet = new("--wordnet") { Description = "WordNet as a table", DefaultValueFactory = _ => new(RepositoryFiles.WordNet) };
        Option<FileInfo> output = new("--output") { Description = "The list of ids", DefaultValueFactory = _ => new(RepositoryFiles.HeldOutSynsets) };
        Option<int> count = new("--count") { Description = "Synsets to hold out", DefaultValueFactory = _ => 1000 };
        Option<int> seed = new("--seed") { Description = "Seed of the draw", DefaultValueFactory = _ => 1 };
        Command command = new("draw-held-out", "Draws the synsets that no model is trained on.") { wordNet, output, count, seed };
        command.SetAction(parsed =>
        {
            List<Synset> synsets = Synset.ReadAll(parsed.GetValue(wordNet)!.FullName);
            List<Synset> drawn = HeldOut.Draw(synsets, parsed.GetValue(count), parsed.GetValue(seed));
            List<string> lines = ["# Held out from all training; drawn by: DistillModel draw-held-out --seed " + parsed.GetValue(seed)];
            lines.AddRange(drawn.Select(synset => synset.Id));
            WholeFile.WriteLines(parsed.GetValue(output)!.FullName, lines);
            Console.WriteLine($"{drawn.Count} of {synsets.Count} synsets held out.");
            return 0;
        });
        return command;
    }
}
