// ann: this library's indexes beside hnswlib, faiss and usearch by the protocol of ann-benchmarks (Aumüller et al.,
// arXiv:1807.05614): single queries on one core, parameters swept, recall@10 against queries a second.
using Benchmarks.Ann.Data;
using Benchmarks.Ann.Engines;
using Benchmarks.Ann.Measuring;
using Benchmarks.Ann.Results;
using Benchmarks.Reports;

namespace Benchmarks.Ann;

/// <summary>Measures every chosen index on every chosen data set.</summary>
internal sealed class AnnCommand(AnnOptions options, CancellationToken cancellation)
{
    private readonly List<AnnRow> _rows = [];

    /// <summary>Measures, and writes what was measured even where it is cancelled.</summary>
    /// <exception cref="InvalidDataException">An engine failed, or data of one set could not be had: the others were measured.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Run()
    {
        Installer installer = new(options.Cache, options.Offline, cancellation);
        EngineProgram programs = new(options.Cache, installer.Fetch);
        DatasetContext context = new(options.Cache, options.FashionMnistFolder, installer.Fetch, cancellation);
        AnnContender[] contenders = [.. options.Contenders.Where(contender => programs.IsAvailable(contender.Engine))];
        List<string> missing = [];
        try
        {
            foreach (DatasetKind kind in options.Datasets)
            {
                Screen.Progress($"{kind.Name}: preparing");
                try
                {
                    Measure(kind.Prepare(context), contenders, programs);
                }
                catch (FileNotFoundException problem)
                {
                    Screen.Say($"{kind.Name} is left out: {problem.Message}");
                    missing.Add(kind.Name);
                }
            }
        }
        finally
        {
            Write();
        }
        if (missing.Count > 0)
            throw new InvalidDataException($"Not measured, because their data are missing (see above): {string.Join(", ", missing)}.");
    }

    private void Measure(AnnDataset dataset, AnnContender[] contenders, EngineProgram programs)
    {
        using GroundTruth truth = GroundTruth.Open(dataset, cancellation);
        IdleWait.Report(options.IdleSeconds, cancellation);
        AnnMeasurement measurement = new(dataset, truth, options, programs, cancellation);
        try
        {
            measurement.Run([.. contenders.Where(contender => contender.OnlyFor is null || contender.OnlyFor == dataset.Metric)]);
        }
        finally
        {
            _rows.AddRange(measurement.Rows());
        }
    }

    private void Write()
    {
        if (options.Json is string json)
            JsonFile.Write(json, _rows);
        AnnReport.Write(_rows, options.Plot, options.Markdown);
    }
}
