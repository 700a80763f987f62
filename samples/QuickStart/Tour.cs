// The whole story in order; each step is one file.
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;
using Samples.Common;
using Samples.Common.Corpus;
using Spectre.Console;

namespace Samples.QuickStart;

internal static class Tour
{
    public static void Run(QuickStartOptions options, CancellationToken cancellation)
    {
        MLContext ml = new(seed: 1);
        using TemporaryFolder temporary = new();

        Screen.Step("A teacher, its ternary copy, and a dictionary");
        EmbeddingModel teacher = EmbeddingModelFile.Load(options.Teacher);
        EmbeddingModel shipped = EmbeddingModelFile.Load(options.Model);
        List<Synset> synsets = Synset.ReadAll(RepositoryFiles.WordNet);
        List<string> heldOutIds = HeldOut.ReadSynsetIds(RepositoryFiles.HeldOutSynsets);
        ReverseDictionary dictionary = ReverseDictionary.Draw(synsets, heldOutIds, options.Entries, options.HeldOut);
        TrainingCorpus corpus = new CorpusBuilder(synsets, Verse.ReadAll(RepositoryFiles.Verses), [], heldOutIds).Build(longTexts: 0, seed: 1);
        Screen.Say($"{teacher.Config.LayerCount} layers x {teacher.Config.HiddenSize}, {shipped.Dimension} components an embedding. "
            + $"{dictionary.Entries.Count:N0} WordNet entries to search; {dictionary.Definitions.Count:N0} definitions held out from all training.");

        Screen.Step($"Distilling the teacher into ternary weights, {options.DistillSeconds} seconds");
        string copy = temporary.File("copy.ternary");
        LiveDistillation.Run(ml, teacher, corpus.Texts, dictionary.Definitions, options.DistillSeconds, copy, cancellation);

        Screen.Step("Embedding and indexing the dictionary with the shipped ternary model");
        DictionarySearch search = DictionarySearch.Build(ml, options.Model, dictionary);
        search.Ask(ReverseDictionary.SampleQuestions.Select(sample => sample.Question).Concat(options.Questions));

        Screen.Step("What it costs and what it keeps");
        string rounded = temporary.File("rounded.ternary"), zeroed = temporary.File("zeroed.ternary");
        TernaryModelFile.Save(ModelTernarizer.Ternarize(teacher, TernaryScaling.PerMatrix()), rounded);
        TernaryModelFile.Save(ModelTernarizer.ZeroEncoder(teacher), zeroed);
        Contender[] contenders =
        [
            new TeacherContender("teacher, float32 (libtorch)", options.Teacher, teacher),
            new TernaryContender("ternary, shipped", options.Model),
            new TernaryContender($"ternary, distilled {options.DistillSeconds} s", copy),
            new TernaryContender("ternary, rounded only (PTQ)", rounded),
            new TernaryContender("encoder zeroed", zeroed),
        ];
        Comparison comparison = Comparison.Run(contenders, dictionary, temporary, cancellation);
        ResultsTable.Show(comparison, teacher);
        TimeSpan total = DateTime.Now - Process.GetCurrentProcess().StartTime;
        Screen.Say($"{total.TotalSeconds:N0} seconds in all.");
        if (options.Json is not null)
            ResultsJson.Write(options.Json, comparison, teacher, options, total);
    }
}
