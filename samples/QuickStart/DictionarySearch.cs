// Search as a user writes it: a pipeline that embeds a text column and finds the nearest entries, fitted once on the
// dictionary, then asked row by row.
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Ternary;
using Microsoft.ML.Ternary.Ann;
using Samples.Common;
using Spectre.Console;

namespace Samples.QuickStart;

internal sealed class DictionarySearch(PredictionEngine<DictionarySearch.Row, DictionarySearch.Answer> engine, IReadOnlyDictionary<string, Synset> entries)
{
    private const int Answers = 3;
    private const int LongestLine = 110;

    public static DictionarySearch Build(MLContext ml, string model, ReverseDictionary dictionary)
    {
        Stopwatch clock = Stopwatch.StartNew();
        IDataView documents = ml.Data.LoadFromEnumerable(dictionary.Documents.Select(text => new Row { Text = text }));
        var pipeline = ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", model)
            .Append(ml.Transforms.NearestNeighbors("Neighbors", "Embedding", new AnnIndexOptions { Kind = AnnIndexKind.Hnsw, K = Answers, IdColumn = "Text" }));
        ITransformer search = Screen.Working("Embedding and building the HNSW index", () => pipeline.Fit(documents));
        Screen.Say($"{dictionary.Documents.Count:N0} entries embedded and indexed in {clock.Elapsed.TotalSeconds:0.0} s.");
        return new DictionarySearch(
            ml.Model.CreatePredictionEngine<Row, Answer>(search), dictionary.Entries.ToDictionary(entry => entry.LemmaList));
    }

    public void Ask(IEnumerable<string> questions)
    {
        foreach (string question in questions)
        {
            Answer answer = engine.Predict(new Row { Text = question });
            AnsiConsole.MarkupLineInterpolated($"[bold]{question}?[/]");
            for (int i = 0; i < answer.Neighbors.Length; i++)
            {
                Synset entry = entries[answer.Neighbors[i]];
                AnsiConsole.MarkupLineInterpolated($"   {1 - answer.Distances[i]:0.00}  [green]{entry.LemmaList}[/]  [dim]{Start(entry.Gloss, LongestLine - entry.LemmaList.Length)}[/]");
            }
        }
    }

    private static string Start(string gloss, int length)
    {
        if (gloss.Length <= length)
            return gloss;
        int end = length > 0 ? gloss.LastIndexOf(' ', length) : -1;
        return end > 0 ? gloss[..end] + " …" : "";
    }

    internal sealed class Row
    {
        public string Text { get; set; } = "";
    }

    internal sealed class Answer
    {
        public string[] Neighbors { get; set; } = [];

        public float[] Distances { get; set; } = [];
    }
}
