// encode: whole encoders, token ids to embeddings, ours and the peers', in one run.
using System.Globalization;
using Benchmarks.Engines;
using Benchmarks.Measurement;
using Benchmarks.Models;
using Benchmarks.Reports;
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Encode;

/// <summary>Measures every engine on every model, number of threads and shape.</summary>
internal sealed class EncodeCommand(EncodeOptions options, CancellationToken cancellation)
{
    private readonly List<EncodeRow> _rows = [];
    private double _peak;

    /// <summary>Measures, and writes what was measured even where it is cancelled or an engine fails.</summary>
    /// <exception cref="InvalidDataException">An engine's embeddings are wrong.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Run()
    {
        Screen.Progress(string.Create(CultureInfo.InvariantCulture,
            $"{Cells} cells, at least {Cells * options.Engines.Count * (options.Seconds + 0.4):F0} s, of"));
        foreach (EncodeEngineKind engine in options.Engines)
            Screen.Progress($"  {engine.Name,-16} {engine.Description}");
        try
        {
            IdleWait.Report(options.IdleSeconds, cancellation);
            _peak = PeakMultiplyAdds.GigaPerSecond(TernaryKernels.Best);
            Screen.Progress(string.Create(CultureInfo.InvariantCulture, $"Kernel {TernaryKernels.Best}: at most {_peak:F0} GMAC/s a core."));
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
            // Padded batches last: peers have other graphs for them, and then load each once.
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
        CellTimes times = new InterleavedMeasurement(options.Seconds)
            .Run([.. engines.Select((engine, i) => (options.Engines[i].Name, (Action)engine.Run))], cancellation);
        for (int i = 0; i < engines.Count; i++)
        {
            _rows.Add(new EncodeRow(model.Description, shape, batch, times, i, threads, cosines[i], _peak, engines[i].TimeShares()));
            Screen.Progress(_rows[^1].ToString());
        }
    }
}
