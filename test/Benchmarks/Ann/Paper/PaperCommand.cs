// ann-paper: the experiment with which the work on ternary encoders that this library follows ends: what a ternary encoder and an
// approximate index do together. The neighbours that count are those that the full-precision teacher finds exactly, so that what
// is lost by the encoder and by the index shows in one figure, and time is counted from texts to neighbours.
using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using Benchmarks.Ann.Data;
using Benchmarks.Ann.Engines;
using Benchmarks.Ann.Results;
using Benchmarks.Measurement;
using Benchmarks.Reports;
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Ann.Paper;

/// <summary>Embeds glosses with the teacher and with the ternary model, and searches them with every index.</summary>
internal sealed class PaperCommand(PaperOptions options, CancellationToken cancellation)
{
    private readonly List<PaperRow> _rows = [];

    /// <summary>Measures, and writes what was measured even where it is cancelled.</summary>
    /// <exception cref="InvalidDataException">A model or the glosses cannot be read, or there are too few glosses.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Run()
    {
        (string[] corpus, string[] queries) = WordNetGlosses.Split(options.Queries);
        if (corpus.Length < options.Corpus)
            throw new InvalidDataException($"There are {corpus.Length} glosses beside {options.Queries} queries, fewer than the {options.Corpus} of --corpus.");
        corpus = corpus[..options.Corpus];
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ternary-ann-paper-");
        try
        {
            IdleWait.Report(options.IdleSeconds, cancellation);
            Encoded teacher = Encode(PaperEncoder.Teacher, corpus, queries, folder), ternary = Encode(PaperEncoder.Ternary, corpus, queries, folder);
            using GroundTruth truth = GroundTruth.Open(teacher.Dataset, cancellation);
            foreach (PaperIndex index in PaperIndex.All)
            {
                _rows.Add(Measure(index, teacher, truth));
                _rows.Add(Measure(index, ternary, truth));
            }
        }
        finally
        {
            Write();
            folder.Delete(recursive: true);
        }
    }

    private Encoded Encode(Func<int, CancellationToken, PaperEncoder> create, string[] corpus, string[] queries, DirectoryInfo folder)
    {
        using PaperEncoder encoder = create(options.Threads, cancellation);
        AnnDataset dataset = new(encoder.Name, AnnMetric.Cosine, Path.Combine(folder.FullName, encoder.Name), "");
        encoder.WarmUp(corpus);
        CpuReading before = CpuReading.Now();
        double corpusSeconds = Seconds(() => encoder.Embed(corpus), out float[] corpusEmbeddings);
        double querySeconds = Seconds(() => encoder.Embed(queries), out float[] queryEmbeddings);
        bool contended = CpuReading.Now().IsContendedSince(before, Environment.ProcessorCount);
        Screen.Progress(string.Create(CultureInfo.InvariantCulture, $"{encoder.Name}: {corpus.Length:N0} glosses embedded in {corpusSeconds:F1} s, {queries.Length:N0} queries in {querySeconds:F2} s"));
        Save(dataset.BasePath, corpusEmbeddings, encoder.Dimension);
        Save(dataset.QueriesPath, queryEmbeddings, encoder.Dimension);
        return new Encoded(encoder.Name, dataset, corpusSeconds, querySeconds, contended);
    }

    // The median of several builds and searches; the first search of each build is unmeasured.
    private PaperRow Measure(PaperIndex index, Encoded encoded, GroundTruth truth)
    {
        using MappedMatrix vectors = MappedMatrix.Open(encoded.Dataset.BasePath), queries = MappedMatrix.Open(encoded.Dataset.QueriesPath);
        AnnRequest request = new()
        {
            Op = AnnRequest.BuildIndex,
            Metric = MetricNames.Cosine,
            Index = index.Kind,
            Codec = index.Codec,
            Rescoring = index.Rescoring,
            Threads = options.Threads,
            Parameters = index.Build,
        };
        List<double> builds = [], searches = [];
        int[] found = new int[queries.Rows * GroundTruth.K];
        VectorIndex? built = null;
        CpuReading before = CpuReading.Now();
        for (int repetition = 0; repetition < options.Repetitions; repetition++)
        {
            cancellation.ThrowIfCancellationRequested();
            builds.Add(Seconds(() => OurIndex.Build(request, vectors), out built));
            Search(built!, queries, index.Search, found);
            searches.Add(Search(built!, queries, index.Search, found));
        }
        PaperRow row = new()
        {
            Encoder = encoded.Name,
            Index = index.Kind,
            Codec = index.Codec,
            Rescoring = index.Rescoring,
            Precision10 = truth.Recall(found),
            EncodeCorpusS = encoded.CorpusSeconds,
            BuildS = Median(builds),
            EncodeQueriesS = encoded.QuerySeconds,
            SearchS = Median(searches),
            Bytes = built!.SearchBytes,
            BytesRescoring = built.RescoringBytes,
            Corpus = vectors.Rows,
            Queries = queries.Rows,
            Threads = options.Threads,
            Contended = encoded.Contended || CpuReading.Now().IsContendedSince(before, Environment.ProcessorCount),
        };
        Screen.Progress(string.Create(CultureInfo.InvariantCulture, $"{index.Kind} {index.Codec} over {encoded.Name}: precision@10 {row.Precision10:F4}, built in {row.BuildS:F2} s, searched in {row.SearchS:F3} s"));
        return row;
    }

    private double Search(VectorIndex index, MappedMatrix queries, IReadOnlyDictionary<string, int> parameters, int[] found)
    {
        SearchOptions search = OurIndex.Options(parameters);
        float[] distances = new float[GroundTruth.K];
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < queries.Rows; i++)
            index.Search(queries.Row(i), GroundTruth.K, found.AsSpan(i * GroundTruth.K, GroundTruth.K), distances, search);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        cancellation.ThrowIfCancellationRequested();
        return seconds;
    }

    private void Write()
    {
        if (options.Json is string json)
            JsonFile.Write(json, _rows);
        if (_rows.Count == 0)
            return;
        ReportTable table = PaperTable.Of(_rows);
        table.Show();
        if (options.Markdown is string markdown)
            MarkdownFile.Write(markdown, [table], []);
    }

    private static void Save(string path, float[] embeddings, int dimension)
    {
        for (int first = 0; first < embeddings.Length; first += dimension)
        {
            Span<float> vector = embeddings.AsSpan(first, dimension);
            TensorPrimitives.Divide(vector, TensorPrimitives.Norm(vector), vector);
        }
        NpyFile.Write<float>(path, NpyFile.Float32, embeddings, dimension);
    }

    private static double Seconds<T>(Func<T> work, out T result)
    {
        long start = Stopwatch.GetTimestamp();
        result = work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private sealed record Encoded(string Name, AnnDataset Dataset, double CorpusSeconds, double QuerySeconds, bool Contended);
}
