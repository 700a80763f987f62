// ann-open: what opening a large index from its file takes. Each file is built here and opened in a process of its own.
using System.Diagnostics;
using Benchmarks.Ann.Data;
using Benchmarks.Ann.Engines;
using Benchmarks.Ann.Results;
using Benchmarks.Reports;
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Ann.Opening;

/// <summary>What the command line of ann-open chose.</summary>
internal sealed record OpenOptions
{
    public required DatasetKind Dataset { get; init; }

    public required IReadOnlyList<AnnContender> Contenders { get; init; }

    public required int BuildThreads { get; init; }

    public required double IdleSeconds { get; init; }

    public required string Cache { get; init; }

    public required string FashionMnistFolder { get; init; }

    public string? Json { get; init; }
}

/// <summary>Builds, saves and opens indexes.</summary>
internal sealed class OpenCommand(OpenOptions options, CancellationToken cancellation)
{
    private readonly List<OpenRow> _rows = [];

    /// <summary>Measures, and writes what was measured even where it is cancelled.</summary>
    /// <exception cref="InvalidDataException">A child process failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Run()
    {
        try
        {
            Directory.CreateDirectory(options.Cache);
            AnnDataset dataset = options.Dataset.Prepare(new DatasetContext(options.Cache, options.FashionMnistFolder, _ => false, cancellation));
            IdleWait.Report(options.IdleSeconds, cancellation);
            foreach (AnnContender contender in options.Contenders)
                _rows.Add(Measure(dataset, contender));
        }
        finally
        {
            if (options.Json is string path)
                JsonFile.Write(path, _rows);
            OpenTable.Show(_rows);
        }
    }

    private OpenRow Measure(AnnDataset dataset, AnnContender contender)
    {
        cancellation.ThrowIfCancellationRequested();
        string file = Path.Combine(dataset.Folder, $"{Guid.NewGuid():N}.ann");
        try
        {
            Screen.Progress($"{dataset.Name}: building {contender.Index} {contender.Codec}");
            OpenRow built = Build(dataset, contender, file);
            OpenReading reading = OwnProcess.Read<OpenReading>(file, cancellation, CommandLine.OpenChild, "--file", file, "--queries", dataset.QueriesPath);
            return built with
            {
                OpenMs = reading.OpenMilliseconds,
                FirstSearchMs = reading.FirstSearchMilliseconds,
                SearchUs = reading.SearchMicroseconds,
                RssBefore = reading.BeforeBytes,
                RssOpened = reading.OpenedBytes,
                RssFirst = reading.FirstBytes,
                RssSearched = reading.SearchedBytes,
                RssAnonymous = reading.AnonymousBytes,
            };
        }
        finally
        {
            File.Delete(file);
        }
    }

    private OpenRow Build(AnnDataset dataset, AnnContender contender, string file)
    {
        using MappedMatrix vectors = MappedMatrix.Open(dataset.BasePath);
        AnnRequest request = new()
        {
            Op = AnnRequest.BuildIndex,
            Metric = MetricNames.Of(dataset.Metric),
            Index = contender.Index,
            Codec = contender.Codec,
            Rescoring = contender.Rescoring,
            Threads = options.BuildThreads,
            Parameters = contender.Build,
        };
        long start = Stopwatch.GetTimestamp();
        VectorIndex index = OurIndex.Build(request, vectors);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        index.Save(file);
        return new OpenRow
        {
            Dataset = dataset.Name,
            Index = contender.Index,
            Codec = contender.Codec,
            Rescoring = contender.Rescoring,
            BuildS = seconds,
            FileBytes = new FileInfo(file).Length,
            Bytes = index.SearchBytes,
            OpenMs = 0,
            FirstSearchMs = 0,
            SearchUs = 0,
            RssBefore = 0,
            RssOpened = 0,
            RssFirst = 0,
            RssSearched = 0,
            RssAnonymous = 0,
        };
    }
}
