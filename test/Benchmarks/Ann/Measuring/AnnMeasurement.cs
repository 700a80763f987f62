// Contenders take turns, each point of each once in every round, so that a clock that slows down or a neighbour on the same
// hardware falls on all alike. All of them at once may not fit the memory: then they come in groups, and the one that others are
// compared with is in every group.
using System.Globalization;
using Benchmarks.Ann.Data;
using Benchmarks.Ann.Engines;
using Benchmarks.Ann.Results;
using Benchmarks.Reports;

namespace Benchmarks.Ann.Measuring;

/// <summary>Measures contenders on one data set.</summary>
internal sealed class AnnMeasurement(AnnDataset dataset, GroundTruth truth, AnnOptions options, EngineProgram programs, CancellationToken cancellation)
{
    // Rounds that rejected samples may add, as a multiple of those asked for.
    private const int PatienceFactor = 3;

    // Recalls of points are compared, so all queries count wherever that does not take too long.
    private const double CountSeconds = 20;

    // A process holds the vectors as they come, what it makes of them, and its runtime; of the memory that is free, so much is taken.
    private const double BytesPerByte = 2.5, ShareOfMemory = 0.6;
    private const long BytesOfRuntime = 200_000_000;

    private readonly List<AnnSession> _sessions = [];

    /// <summary>Builds and searches all of them.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Run(IReadOnlyList<AnnContender> contenders)
    {
        AnnContender? anchor = contenders.FirstOrDefault(contender => contender.Engine == AnnContenders.Hnswlib);
        AnnContender[] others = [.. contenders.Where(contender => contender != anchor)];
        List<AnnSession> alive = [];
        try
        {
            AnnSession? first = anchor is null ? null : Start(anchor, alive);
            foreach (AnnContender[] group in others.Length == 0 ? [[]] : others.Chunk(GroupSize(others.Length)))
            {
                AnnSession[] sessions = [.. group.Select(contender => Start(contender, alive)).OfType<AnnSession>()];
                Sample(first is null ? sessions : [first, .. sessions]);
                foreach (AnnSession session in sessions)
                    session.Dispose();
            }
        }
        finally
        {
            foreach (AnnSession session in alive)
                session.Dispose();
        }
    }

    /// <summary>What was measured until now.</summary>
    public IEnumerable<AnnRow> Rows() =>
        from contender in AnnContenders.All
        from session in _sessions
        where session.Contender == contender
        from point in session.Points
        where point.Attempts > 0
        select Row(session, point);

    private AnnRow Row(AnnSession session, AnnPoint point) => new()
    {
        Dataset = dataset.Name,
        Engine = session.Contender.Engine,
        Index = session.Contender.Index,
        Codec = session.Contender.Codec,
        Rescoring = session.Contender.Rescoring,
        Params = new Dictionary<string, int>(session.BuildParameters.Concat(point.Parameters)),
        Recall10 = point.Recall,
        Qps = 1e3 / point.Times.Median,
        BuildS = session.Build.Seconds,
        Bytes = session.Build.Bytes,
        BytesRescoring = session.Build.BytesRescoring,
        QpsMin = 1e3 / point.Times.Max,
        QpsMax = 1e3 / point.Times.Min,
        Samples = point.Times.IsContended ? point.Times.Rejected : point.Times.Accepted,
        RejectedSamples = point.Times.IsContended ? 0 : point.Times.Rejected,
        Contended = point.Times.IsContended,
        BuildContended = session.Build.Contended,
        BuildThreads = options.BuildThreads,
        BuildPeakRss = session.Build.PeakRss,
        PeakRss = session.SearchRss,
        Metric = MetricNames.Of(dataset.Metric),
        Vectors = truth.Count,
        Dimension = truth.Dimension,
        Queries = point.Queries,
        Version = session.Build.Version,
    };

    // An engine that fails on one kind of index is left out there; the others go on.
    private AnnSession? Start(AnnContender contender, List<AnnSession> alive)
    {
        cancellation.ThrowIfCancellationRequested();
        AnnSession? session = null;
        try
        {
            session = AnnSession.Start(contender, dataset, truth, options, programs, cancellation);
            alive.Add(session);
            Screen.Progress(string.Create(CultureInfo.InvariantCulture,
                $"{dataset.Name}: {contender.Label} built in {session.Build.Seconds:F1} s on {options.BuildThreads} threads, {session.Build.Bytes / 1e6:F1} MB{(session.Build.Contended ? ", contended" : "")}"));
            session.CountRecall(truth, CountSeconds, options.Seconds);
            _sessions.Add(session);
            return session;
        }
        catch (InvalidDataException e)
        {
            Screen.Progress($"{dataset.Name}: left out: {e.Message}");
            session?.Dispose();
            return null;
        }
    }

    private void Sample(IReadOnlyList<AnnSession> sessions)
    {
        int rounds = options.Repetitions;
        // The anchor keeps the samples of earlier groups, and takes as many again in this one.
        Dictionary<AnnPoint, int> before = sessions.SelectMany(session => session.Points).ToDictionary(point => point, point => point.Times.Accepted);
        bool Wants(AnnPoint point) => point.Times.Accepted - before[point] < options.Repetitions;
        for (int round = 0; round < PatienceFactor * rounds && before.Keys.Any(Wants); round++)
        {
            foreach (AnnSession session in sessions)
            {
                foreach (AnnPoint point in session.Points.Where(Wants))
                {
                    cancellation.ThrowIfCancellationRequested();
                    session.Sample(point, truth.Queries, options.Seconds);
                }
            }
            Screen.Progress(string.Create(CultureInfo.InvariantCulture, $"{dataset.Name}: round {round + 1} of at least {rounds}; {before.Keys.Count(Wants)} of {before.Count} points want quiet samples"));
        }
    }

    private int GroupSize(int contenders)
    {
        double each = BytesPerByte * sizeof(float) * truth.Count * truth.Dimension + BytesOfRuntime;
        double available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * ShareOfMemory;
        return (int)Math.Clamp(available / each - 1, 1, contenders);
    }
}
