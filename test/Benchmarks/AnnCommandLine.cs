// The options of ann, ann-report and ann-paper.
using System.CommandLine;
using Benchmarks.Ann;
using Benchmarks.Ann.Data;
using Benchmarks.Ann.Engines;
using Benchmarks.Ann.Opening;
using Benchmarks.Ann.Paper;
using Benchmarks.Ann.Results;
using Benchmarks.Reports;

namespace Benchmarks;

/// <summary>Builds the command lines of ann, ann-report and ann-paper.</summary>
internal static class AnnCommandLine
{
    private static readonly string[] DefaultDatasets = ["fashion-mnist", "wordnet", "synthetic-10000", "synthetic-100000"];

    /// <summary>Where prepared data are kept unless the user says otherwise: the system's place for what can be made again.</summary>
    private static string DefaultCache => Path.Combine(
        OperatingSystem.IsWindows() ? Path.GetTempPath() : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "ternary-ml-benchmarks");

    /// <summary>The command that measures.</summary>
    public static Command Ann()
    {
        Option<FileInfo?> data = new("--data") { Description = "Vectors of your own, .npy (float32, vectors x components) or .fvecs, instead of the named data sets; the last 1,000 are the queries." };
        Option<FileInfo?> queries = new("--queries") { Description = "With --data: a file of queries." };
        Option<string> metric = new("--metric") { Description = "With --data: cosine or l2.", DefaultValueFactory = _ => MetricNames.Cosine };
        metric.AcceptOnlyFromAmong(MetricNames.Cosine, MetricNames.L2);
        Option<IReadOnlyList<DatasetKind>> datasets = Lists.Option("--dataset", $"Of {CommandLine.Names(DatasetKind.Named.Select(kind => kind.Name))}, and synthetic-N for any N.", [.. DefaultDatasets.Select(DatasetKind.Parse)], DatasetKind.Parse);
        Option<IReadOnlyList<string>> engines = Choice("--engine", contender => contender.Engine);
        Option<IReadOnlyList<string>> indexes = Choice("--index", contender => contender.Index);
        Option<IReadOnlyList<string>> codecs = Choice("--codec", contender => contender.Codec);
        Option<int> threads = Number("--build-threads", "Threads that build.", Environment.ProcessorCount, 1024);
        Option<int> repetitions = Number("--repetitions", "Samples of each point that count.", 3, 1000);
        Option<double> seconds = CommandLine.Seconds(1, "Time of each sample of a point.");
        Option<double> idle = CommandLine.IdleSeconds();
        Option<DirectoryInfo> cache = new("--cache") { Description = "Folder for prepared data and node's packages.", DefaultValueFactory = _ => new DirectoryInfo(DefaultCache) };
        Option<DirectoryInfo> images = new("--fashion-mnist") { Description = "Folder of Fashion-MNIST's IDX files.", DefaultValueFactory = _ => new DirectoryInfo(FashionMnist.PackageFolder) };
        Option<bool> offline = new("--offline") { Description = "Fetch nothing: no apt-get, no npm." };
        Option<FileInfo?> json = CommandLine.Json();
        Option<FileInfo?> plot = Plot(), markdown = Markdown();
        Command command = new("ann", "Nearest-neighbour indexes beside hnswlib, faiss and usearch: recall@10 against queries a second on one core.")
        {
            data, queries, metric, datasets, engines, indexes, codecs, threads, repetitions, seconds, idle, cache, images, offline, json, plot, markdown,
        };
        command.SetAction((parsed, cancellation) => CommandLine.Guard(() => new AnnCommand(
            new AnnOptions
            {
                Datasets = parsed.GetValue(data) is FileInfo own
                    ? [DatasetKind.Own(own.FullName, parsed.GetValue(queries)?.FullName, MetricNames.Parse(parsed.GetRequiredValue(metric)))]
                    : parsed.GetRequiredValue(datasets),
                Contenders = [.. AnnContenders.All.Where(contender => parsed.GetRequiredValue(engines).Contains(contender.Engine)
                    && parsed.GetRequiredValue(indexes).Contains(contender.Index) && parsed.GetRequiredValue(codecs).Contains(contender.Codec))],
                BuildThreads = parsed.GetRequiredValue(threads),
                Repetitions = parsed.GetRequiredValue(repetitions),
                Seconds = parsed.GetRequiredValue(seconds),
                IdleSeconds = parsed.GetRequiredValue(idle),
                Cache = parsed.GetRequiredValue(cache).FullName,
                FashionMnistFolder = parsed.GetRequiredValue(images).FullName,
                Offline = parsed.GetRequiredValue(offline),
                Json = parsed.GetValue(json)?.FullName,
                Plot = parsed.GetValue(plot)?.FullName,
                Markdown = parsed.GetValue(markdown)?.FullName,
            },
            cancellation).Run()));
        return command;
    }

    /// <summary>The command that makes tables and pictures of earlier runs' rows.</summary>
    public static Command Report()
    {
        Argument<FileInfo[]> files = new("FILES") { Description = "What ann wrote with --json, of one run or several.", Arity = ArgumentArity.OneOrMore };
        Option<FileInfo?> plot = Plot(), markdown = Markdown();
        Command command = new("ann-report", "Tables and pictures of what ann measured before.") { files, plot, markdown };
        command.SetAction((parsed, _) => CommandLine.Guard(() => AnnReport.Write(
            [.. parsed.GetRequiredValue(files).SelectMany(file => JsonFile.Read<AnnRow>(file.FullName))],
            parsed.GetValue(plot)?.FullName,
            parsed.GetValue(markdown)?.FullName)));
        return command;
    }

    /// <summary>The command that measures encoder and index together.</summary>
    public static Command Paper()
    {
        Option<int> corpus = Number("--corpus", "WordNet glosses that are indexed.", 10_000, 117_000);
        Option<int> queries = Number("--queries", "Other glosses that are searched with.", 1000, 50_000);
        Option<int> threads = Number("--threads", "Threads that encode and build; searches are on one.", Environment.ProcessorCount, 1024);
        Option<int> repetitions = Number("--repetitions", "Builds and searches of each index, of which the median counts.", 3, 1000);
        Option<double> idle = CommandLine.IdleSeconds();
        Option<FileInfo?> json = CommandLine.Json(), markdown = Markdown();
        Command command = new("ann-paper", "A ternary encoder and an approximate index together: precision@10 against the teacher's own neighbours, and the time from texts to neighbours.")
        {
            corpus, queries, threads, repetitions, idle, json, markdown,
        };
        command.SetAction((parsed, cancellation) => CommandLine.Guard(() => new PaperCommand(
            new PaperOptions
            {
                Corpus = parsed.GetRequiredValue(corpus),
                Queries = parsed.GetRequiredValue(queries),
                Threads = parsed.GetRequiredValue(threads),
                Repetitions = parsed.GetRequiredValue(repetitions),
                IdleSeconds = parsed.GetRequiredValue(idle),
                Json = parsed.GetValue(json)?.FullName,
                Markdown = parsed.GetValue(markdown)?.FullName,
            },
            cancellation).Run()));
        return command;
    }

    /// <summary>The command.</summary>
    public static Command Open()
    {
        Option<DatasetKind> dataset = new("--dataset")
        {
            Description = $"Of {CommandLine.Names(DatasetKind.Named.Select(kind => kind.Name))}, and synthetic-N for any N.",
            CustomParser = result =>
            {
                try
                {
                    return DatasetKind.Parse(result.Tokens[0].Value);
                }
                catch (FormatException problem)
                {
                    result.AddError(problem.Message);
                    return null!;
                }
            },
            DefaultValueFactory = _ => DatasetKind.Parse("synthetic-1000000"),
        };
        Option<IReadOnlyList<string>> indexes = Choice("--index", contender => contender.Index, "hnsw"), codecs = Choice("--codec", contender => contender.Codec, "f32", "ternary");
        Option<int> threads = Number("--build-threads", "Threads that build.", Environment.ProcessorCount, 1024);
        Option<double> idle = CommandLine.IdleSeconds();
        Option<DirectoryInfo> cache = new("--cache") { Description = "Folder for prepared data.", DefaultValueFactory = _ => new DirectoryInfo(DefaultCache) };
        Option<FileInfo?> json = CommandLine.Json();
        Command command = new("ann-open", "Opening a large index from its file: time, and resident memory before and after searching.") { dataset, indexes, codecs, threads, idle, cache, json };
        command.SetAction((parsed, cancellation) => CommandLine.Guard(() => new OpenCommand(
            new OpenOptions
            {
                Dataset = parsed.GetRequiredValue(dataset),
                Contenders = [.. AnnContenders.All.Where(contender => contender.Engine == AnnContenders.Ours
                    && parsed.GetRequiredValue(indexes).Contains(contender.Index) && parsed.GetRequiredValue(codecs).Contains(contender.Codec) && (contender.Rescoring ?? "f32") == "f32")],
                BuildThreads = parsed.GetRequiredValue(threads),
                IdleSeconds = parsed.GetRequiredValue(idle),
                Cache = parsed.GetRequiredValue(cache).FullName,
                FashionMnistFolder = FashionMnist.PackageFolder,
                Json = parsed.GetValue(json)?.FullName,
            },
            cancellation).Run()));
        return command;
    }

    private static Option<FileInfo?> Plot() => new("--plot") { Description = "Draws recall against speed to this PNG, or to one a data set beside it." };

    private static Option<FileInfo?> Markdown() => new("--markdown") { Description = "Writes the tables to this file as Markdown." };

    private static Option<IReadOnlyList<string>> Choice(string name, Func<AnnContender, string> property, params string[] standard)
    {
        IReadOnlyList<string> all = AnnContenders.Names(property);
        string names = CommandLine.Names(all);
        return Lists.Option(name, $"Of {names}.", standard.Length == 0 ? all : standard, text => all.Contains(text) ? text : throw new FormatException($"There is no '{text}' for {name}; there are {names}."));
    }

    private static Option<int> Number(string name, string description, int standard, int most)
    {
        Option<int> option = new(name) { Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var given && (given < 1 || given > most))
                result.AddError($"{name} is from 1 to {most}.");
        });
        return option;
    }
}
