// encode: whole encoders, token ids to embeddings, ours and the peers', in one run.
using System.Globalization;
using Benchmarks.Engines;
using Benchmarks.Measurement;
using Benchmarks.Models;
using Benchmarks.Reports;
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks;

/// <summary>Measures every engine on every model, number of threads and shape.</summary>
internal sealed class EncodeCommand(EncodeOptions options, CancellationToken cancellation)
{
    private readonly List<EncodeRow> _rows = [];
    private readonly double _peak = PeakMultiplyAdds.GigaPerSecond(TernaryKernels.Best);

    /// <summary>Measures, and writes what was measured even where it is cancelled or an engine fails.</summary>
    /// <exception cref="InvalidDataException">An engine's embeddings are wrong.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Run()
    {
        Screen.Progress(string.Create(CultureInfo.InvariantCulture, $"Kernel {TernaryKernels.Best}: at most {_peak:F0} GMAC/s a core. {Cells} cells of {options.Engines.Count} engine(s), at least {Cells * options.Engines.Count * (options.Seconds + 0.4):F0} s."));
        try
        {
            IdleWait.Report(options.IdleSeconds, cancellation);
            foreach (BenchmarkModel description in options.Models)
            {
                Screen.Progress($"{description.Name}: preparing");
                using PreparedModel model = new(description);
                foreach (int threads in options.Threads)
                    RunModel(model, threads);
            }
        }
        finally
        {
            if (options.Json is string path)
                JsonFile.Write(path, _rows);
            EncodeTable.Show(_rows);
        }
    }

    private int Cells => options.Models.Count * options.Threads.Count * options.Shapes.Count;

    private void RunModel(PreparedModel model, int threads)
    {
        List<EncodeEngine> engines = [];
        try
        {
            foreach (EncodeEngineKind kind in options.Engines)
            {
                cancellation.ThrowIfCancellationRequested();
                engines.Add(kind.Create(model, threads));
            }
            double[] cosines = EngineAgreement.Check(model, options.Engines, engines, threads);
            // Full batches first: peers then load their two graphs once each.
            foreach (BatchShape shape in options.Shapes.OrderBy(shape => shape.Tokens is null))
                RunCell(model, threads, shape, engines, cosines);
        }
        finally
        {
            engines.ForEach(engine => engine.Dispose());
        }
    }

    private void RunCell(PreparedModel model, int threads, BatchShape shape, List<EncodeEngine> engines, double[] cosines)
    {
        BenchmarkBatch batch = BenchmarkBatch.Create(shape, model.Model.Tokenizer);
        engines.ForEach(engine => engine.Prepare(batch));
        InterleavedMeasurement measurement = new(options.Seconds);
        RunTimes[] samples = measurement.Run([.. engines.Select(engine => (Action)engine.Run)], cancellation);
        double? handoff = double.IsNaN(measurement.HandoffNanoseconds) ? null : measurement.HandoffNanoseconds;
        for (int i = 0; i < engines.Count; i++)
        {
            EncodeRow row = Row(model.Description, threads, shape, batch, options.Engines[i].Name, samples[i], cosines[i]);
            _rows.Add(row with { HandoffNs = handoff, TimesAsFastAs = Ratios(samples, i) });
            Screen.Progress(string.Create(CultureInfo.InvariantCulture,
                $"{row.Model} {shape} {threads}T {row.Engine,-16} {row.MsMedian,10:F3} ms ({row.MsMin:F3} to {row.MsMax:F3}, {row.Runs} runs, {row.RejectedRuns} rejected, {row.BusyProcessors:F2} processors, handoff {handoff:F0} ns) {row.TokensPerS,9:F0} tokens/s {row.GmacPerS,6:F0} GMAC/s{(row.Contended ? " contended" : "")}"));
        }
    }

    private EncodeRow Row(BenchmarkModel model, int threads, BatchShape shape, BenchmarkBatch batch, string engine, RunTimes samples, double cosine)
    {
        double tokensPerSecond = batch.Tokens.TokenCount / samples.Median * 1e3;
        double gmacPerSecond = tokensPerSecond * model.LinearMultiplyAddsPerToken / 1e9;
        return new EncodeRow
        {
            Model = model.Name,
            Batch = batch.Count,
            Tokens = shape.Tokens is int tokens ? tokens : "ragged",
            Threads = threads,
            Engine = engine,
            MsMedian = samples.Median,
            MsMin = samples.Min,
            MsMax = samples.Max,
            Runs = samples.IsContended ? samples.Rejected : samples.Accepted,
            RejectedRuns = samples.IsContended ? 0 : samples.Rejected,
            TokensPerS = tokensPerSecond,
            GmacPerS = gmacPerSecond,
            PercentOfPeak = 100 * gmacPerSecond / (_peak * threads),
            PeakGmacPerSPerCore = _peak,
            BusyProcessors = samples.BusyProcessors,
            HandoffNs = null,
            Contended = samples.IsContended,
            RealWeights = model.RealWeights,
            CosineMin = cosine,
            TokenCount = batch.Tokens.TokenCount,
            PaddedTokenCount = batch.PaddedIds.Length,
        };
    }

    private Dictionary<string, double> Ratios(RunTimes[] samples, int self) => Enumerable.Range(0, samples.Length)
        .Where(other => other != self)
        .ToDictionary(other => options.Engines[other].Name, other => samples[other].Median / samples[self].Median);
}
