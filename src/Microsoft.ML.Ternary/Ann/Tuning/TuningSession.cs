// The tuner's work from end to end. All candidates are built of a small sample and swept; the best go on to a larger one, and the
// few that are left to all vectors (successive halving), where the frontier is drawn.
using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>One run of the tuner.</summary>
internal sealed class TuningSession
{
    // Besides the exact index.
    private const int Finalists = 3;

    private const int LastRuns = 15;
    private const int EarlierRuns = 5;

    // Speeds of a stage take at most this many seconds, this share of the time limit, and what the stage has taken before them.
    private const double LongestMeasuring = 15;
    private const double MeasuringShare = 0.1;
    private const double ShortestMeasuring = 0.25;

    private readonly TuningData _data;
    private readonly AnnTuningOptions _options;
    private readonly IProgress<AnnTuningProgress>? _progress;
    private readonly CancellationToken _user;
    private readonly SpeedMeter _speeds;
    private readonly Stopwatch _clock;
    private readonly List<TunedPoint> _points = [];
    private double _least = double.PositiveInfinity;

    public TuningSession(TuningData data, AnnTuningOptions options, Stopwatch clock, IProgress<AnnTuningProgress>? progress, CancellationToken user)
    {
        _data = data;
        _options = options;
        _clock = clock;
        _progress = progress;
        _user = user;
        _speeds = new SpeedMeter(data.Queries, data.Samples[0].Dimension, options.K);
    }

    public AnnTuningResult Run()
    {
        using CancellationTokenSource time = CancellationTokenSource.CreateLinkedTokenSource(_user);
        TimeSpan left = _options.TimeLimit - _clock.Elapsed;
        time.CancelAfter(left < TimeSpan.Zero ? TimeSpan.Zero : left > TimeSpan.FromDays(40) ? TimeSpan.FromDays(40) : left);
        List<TunedCandidate> candidates = TunedCandidate.All(_options);
        List<TunedPoint> compared = [];
        for (int stage = 0; stage < _data.Samples.Count && (stage == 0 || !time.IsCancellationRequested); stage++)
        {
            List<TunedPoint> points = [], chosen = [];
            RunStage(stage, candidates, points, chosen, time.Token);
            // A stage that time ended before it came to anything but exact search tells less than the one before it.
            if (stage == 0 || candidates.Count == 1 || points.Exists(point => !point.Built.Candidate.IsExact))
                compared = points;
            candidates = Survivors(candidates, chosen, stage);
        }
        _user.ThrowIfCancellationRequested();
        return Result(compared, time.IsCancellationRequested);
    }

    private void RunStage(int stage, List<TunedCandidate> candidates, List<TunedPoint> points, List<TunedPoint> chosen, CancellationToken time)
    {
        VectorStore vectors = _data.Samples[stage];
        bool last = stage == _data.Samples.Count - 1;
        // There must be something to choose, however little time there is.
        CancellationToken exactTime = stage == 0 ? _user : time;
        long start = Stopwatch.GetTimestamp();
        try
        {
            Report($"{vectors.Count:N0} vectors: exact search for {_data.Queries.Length / vectors.Dimension:N0} queries");
            CandidateBuilder builder = new(vectors, _data.Count, _options);
            BuiltCandidate exact = builder.Build(candidates[0], null, exactTime);
            RecallMeter meter = new(exact.Index, vectors, _data.Queries, _options.K, _options.ThreadCount, exactTime);
            Sweep(exact, meter, last, points, chosen, exactTime);
            IReadOnlyList<BuiltCandidate> built = builder.Build(candidates[1..], one => ReportBuilt(one, vectors.Count), _user, time);
            foreach (BuiltCandidate one in built.Where(Fits))
                Sweep(one, meter, last, points, chosen, time);
            Report($"{vectors.Count:N0} vectors: measuring speed");
            double most = Math.Min(LongestMeasuring, MeasuringShare * _options.TimeLimit.TotalSeconds);
            double seconds = Math.Min(most, Math.Max(ShortestMeasuring, Stopwatch.GetElapsedTime(start).TotalSeconds));
            _speeds.Measure(last ? points : chosen, last ? LastRuns : EarlierRuns, seconds, time);
        }
        catch (OperationCanceledException) when (!_user.IsCancellationRequested)
        {
        }
    }

    private void Sweep(BuiltCandidate built, RecallMeter meter, bool last, List<TunedPoint> points, List<TunedPoint> chosen, CancellationToken time)
    {
        ParameterSweep sweep = new(built, meter, _options, time);
        TunedPoint best = sweep.Run(beyond: last);
        _speeds.Glance(sweep.Points, time);
        points.AddRange(sweep.Points);
        _points.AddRange(sweep.Points);
        chosen.Add(best);
        _least = Math.Min(_least, built.BytesPerVector);
        Report($"{built.Index.Count:N0} vectors: {TuningTable.Name(best.ToTrial())}: recall@{_options.K} {best.Recall:F4}, {best.QueriesPerSecond:N0} queries/s");
    }

    // The best by speed among those that reach the target, then the others by recall; the exact one in any case, and of each kind
    // its best, for kinds fare differently when vectors become more.
    private List<TunedCandidate> Survivors(List<TunedCandidate> candidates, List<TunedPoint> chosen, int stage)
    {
        List<TunedCandidate> ranked = [.. chosen.Where(point => !point.Built.Candidate.IsExact)
            .OrderByDescending(point => point.Reaches(_options.RecallTarget))
            .ThenByDescending(point => point.Reaches(_options.RecallTarget) ? point.QueriesPerSecond : point.Recall)
            .Select(point => point.Built.Candidate)];
        bool nextIsLast = stage + 1 >= _data.Samples.Count - 1;
        int kept = nextIsLast ? Finalists : Math.Max(Finalists, (ranked.Count + 1) / 2);
        IEnumerable<TunedCandidate> ofEachKind = nextIsLast ? [] : ranked.DistinctBy(candidate => candidate.Kind);
        return [candidates[0], .. ranked.Take(kept).Union(ofEachKind)];
    }

    private bool Fits(BuiltCandidate built)
    {
        _least = Math.Min(_least, built.BytesPerVector);
        return AnnTuningResult.Fits(built.BytesPerVector, _options);
    }

    private AnnTuningResult Result(List<TunedPoint> compared, bool timedOut)
    {
        if (!compared.Exists(point => Fits(point.Built)))
        {
            string why = timedOut ? $"Time was up (TimeLimit {_options.TimeLimit}) before a candidate was measured that fits in" : "No candidate fits in";
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                $"{why} MaxBytesPerVector = {_options.MaxBytesPerVector}; the smallest seen takes {Math.Ceiling(_least):N0}. Allow more memory or time, or more of Kinds and Codecs."));
        }
        Dictionary<TunedPoint, AnnTuningTrial> trials = _points.ToDictionary(point => point, point => point.ToTrial());
        return new AnnTuningResult(
            _options, _data.Samples[0].Dimension, _data.Count, _data.Queries.Length / _data.Samples[0].Dimension,
            [.. trials.Values], [.. compared.Select(point => trials[point])], _clock.Elapsed, timedOut);
    }

    private void ReportBuilt(BuiltCandidate built, int count) =>
        Report($"{count:N0} vectors: built {TuningTable.Name(built.Options)} in {built.Seconds:F1} s, {built.BytesPerVector:N0} bytes a vector{(Fits(built) ? "" : ", too many")}");

    private void Report(FormattableString message) =>
        _progress?.Report(new AnnTuningProgress(_points.Count, _clock.Elapsed, message.ToString(CultureInfo.InvariantCulture)));
}
