// A contender from build to last sample: its process and its points.
using System.Globalization;
using System.Runtime.InteropServices;
using Benchmarks.Ann.Data;
using Benchmarks.Ann.Engines;
using Benchmarks.Measurement;
using Benchmarks.Reports;

namespace Benchmarks.Ann.Measuring;

/// <summary>Builds one contender's index and searches it.</summary>
internal sealed class AnnSession : IDisposable
{
    // More cannot be told apart from all with some thousand queries; what comes after in a sweep is only slower.
    private const double EnoughRecall = 0.9995;

    // What codes lose no wider search brings back: the sweep ends where two steps gained less than this.
    private const double WorthwhileGain = 0.0003;

    // A point that another beats by so much in speed, and in recall, is not measured closely.
    private const double Hopeless = 1.5;

    private const double MostWarmUpSeconds = 1, WarmUpSamples = 5;

    private const int FirstBlock = 100, LargestBlock = 2000, MinWarmUp = 20;

    private readonly AnnDataset _dataset;
    private readonly AnnProcess _process;
    private readonly string _ids;

    private AnnSession(AnnContender contender, AnnDataset dataset, AnnProcess process)
    {
        Contender = contender;
        _dataset = dataset;
        _process = process;
        _ids = Path.Combine(process.TemporaryFolder, "ids");
    }

    public AnnContender Contender { get; }

    public AnnBuild Build { get; private set; } = null!;

    public IReadOnlyList<AnnPoint> Points { get; private set; } = [];

    /// <summary>Peak resident memory of the process since the index was built.</summary>
    public long SearchRss { get; private set; }

    /// <summary>Parameters of building, with those that follow from the number of vectors.</summary>
    public IReadOnlyDictionary<string, int> BuildParameters { get; private set; } = new Dictionary<string, int>();

    /// <summary>Builds an index in a process of its own, and keeps that on one processor from then on.</summary>
    public static AnnSession Start(AnnContender contender, AnnDataset dataset, GroundTruth truth, AnnOptions options, EngineProgram programs, CancellationToken cancellation)
    {
        AnnSession session = new(contender, dataset, new AnnProcess(programs.Start(contender.Engine, options.BuildThreads), contender.Label, cancellation));
        try
        {
            session.BuildIndex(truth.Count, options.BuildThreads);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Searches with each choice of parameters until nearly everything is found, counts what was, and keeps the choices
    /// that may be the best at some recall.</summary>
    /// <param name="truth">The true neighbours.</param>
    /// <param name="seconds">Time for each choice, after which fewer than all queries do.</param>
    /// <param name="sampleSeconds">Time of a sample to come.</param>
    public void CountRecall(GroundTruth truth, double seconds, double sampleSeconds)
    {
        WarmUp(truth.Queries, Math.Min(MostWarmUpSeconds, WarmUpSamples * sampleSeconds));
        List<AnnPoint> points = [];
        foreach (IReadOnlyList<IReadOnlyDictionary<string, int>> sweep in Contender.Sweeps)
        {
            List<AnnPoint> swept = [];
            foreach (IReadOnlyDictionary<string, int> parameters in sweep.TakeWhile(_ => !IsSettled(swept)))
                swept.Add(Count(parameters, truth, seconds));
            points.AddRange(swept);
        }
        Points = [.. points.Where(point => !points.Any(other => other.Recall >= point.Recall && other.RoughQps > Hopeless * point.RoughQps))];
    }

    /// <summary>Takes one sample of a point.</summary>
    public void Sample(AnnPoint point, int queries, double seconds)
    {
        // The others drove what it needs out of the caches; and this says how many queries fill a sample.
        int few = Math.Clamp((int)(point.RoughQps * seconds / 20), Math.Min(MinWarmUp, queries), queries);
        double qps = few / Search(point.Parameters, 0, few, ids: null);
        int count = (int)Math.Clamp(Math.Max(qps, point.RoughQps) * seconds, 1, queries);
        CpuReading before = Reading();
        double searching = 0;
        int searched = 0;
        // A sample that ends a little early for want of queries is no reason to search with all of them again.
        while (searching < 0.9 * seconds)
        {
            searching += Search(point.Parameters, 0, count, ids: null);
            searched += count;
        }
        CpuReading after = Reading();
        point.Times.Add([1e3 * searching / searched], after.IsContendedSince(before, Environment.ProcessorCount), after.Own - before.Own, after.Moment - before.Moment);
        SearchRss = _process.PeakBytes;
    }

    public void Dispose() => _process.Dispose();

    private void BuildIndex(int vectors, int threads)
    {
        BuildParameters = Resolve(Contender.Build, vectors);
        CpuReading before = Reading();
        AnnReply reply = _process.Ask(new AnnRequest
        {
            Op = AnnRequest.BuildIndex,
            Base = _dataset.BasePath,
            Queries = _dataset.QueriesPath,
            Metric = MetricNames.Of(_dataset.Metric),
            Index = Contender.Index,
            Codec = Contender.Codec,
            Rescoring = Contender.Rescoring,
            Threads = threads,
            Parameters = BuildParameters,
        });
        Build = new AnnBuild(reply.Seconds, Reading().IsContendedSince(before, Environment.ProcessorCount), reply.Bytes, reply.BytesRescoring, _process.PeakBytes, reply.Version);
        _process.ForgetPeak();
        _process.Pin(Environment.ProcessorCount - 1);
    }

    // Runtimes compile code better once it has run for a while: the first points are to be as fast as the last.
    private void WarmUp(int queries, double seconds)
    {
        double searching = 0;
        for (int i = 0; searching < seconds; i++)
        {
            foreach (IReadOnlyList<IReadOnlyDictionary<string, int>> sweep in Contender.Sweeps)
                searching += Search(sweep[i % sweep.Count], 0, Math.Min(FirstBlock, queries), ids: null);
        }
    }

    // Four times the square root of the count, which faiss's guidelines begin with.
    private static Dictionary<string, int> Resolve(IReadOnlyDictionary<string, int> parameters, int vectors)
    {
        Dictionary<string, int> resolved = new(parameters);
        if (resolved.TryGetValue(Parameters.NList, out int lists) && lists == 0)
            resolved[Parameters.NList] = (int)Math.Clamp(4 * Math.Sqrt(vectors), 1, Math.Max(1, vectors / 40));
        return resolved;
    }

    private static bool IsSettled(List<AnnPoint> points) =>
        (points.Count > 0 && points[^1].Recall >= EnoughRecall) || (points.Count > 2 && points[^1].Recall - points[^3].Recall < WorthwhileGain && points[^1].Queries == points[^3].Queries);

    private AnnPoint Count(IReadOnlyDictionary<string, int> parameters, GroundTruth truth, double seconds)
    {
        List<int> found = [];
        double searching = 0;
        int done = 0;
        for (int block = FirstBlock; done < truth.Queries && (done == 0 || searching < seconds); block = Math.Min(2 * block, LargestBlock))
        {
            int count = Math.Min(block, truth.Queries - done);
            searching += Search(parameters, done, count, _ids);
            byte[] bytes = File.ReadAllBytes(_ids);
            if (bytes.Length != count * GroundTruth.K * sizeof(int))
                throw new InvalidDataException($"{Contender.Label} wrote {bytes.Length} bytes of neighbours for {count} queries.");
            found.AddRange(MemoryMarshal.Cast<byte, int>(bytes));
            done += count;
        }
        AnnPoint point = new(parameters, truth.Recall(found.ToArray()), done, done / searching);
        Screen.Progress(string.Create(CultureInfo.InvariantCulture,
            $"{_dataset.Name}: {Contender.Label} {Parameters.Describe(parameters)}: recall@10 {point.Recall:F4} over {done:N0} queries, about {point.RoughQps:N0} queries/s"));
        return point;
    }

    private double Search(IReadOnlyDictionary<string, int> parameters, int first, int count, string? ids) => _process.Ask(new AnnRequest
    {
        Op = AnnRequest.SearchIndex,
        Parameters = parameters,
        First = first,
        Count = count,
        K = GroundTruth.K,
        Ids = ids,
    }).Seconds;

    // What the engine's process does is no contention either.
    private CpuReading Reading()
    {
        CpuReading reading = CpuReading.Now();
        return reading with { Own = reading.Own + _process.CpuTime };
    }
}
