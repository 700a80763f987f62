// gemm: single linear layers of the shapes that the models have, our kernels and the peers'.
using System.Globalization;
using Benchmarks.Measurement;
using Benchmarks.Models;
using Benchmarks.Reports;

namespace Benchmarks.Gemm;

/// <summary>What the command line of gemm chose.</summary>
internal sealed record GemmOptions
{
    public required IReadOnlyList<BenchmarkModel> Models { get; init; }

    /// <summary>Numbers of rows, M.</summary>
    public required IReadOnlyList<int> Rows { get; init; }

    /// <summary>Ternary digits a weight.</summary>
    public required IReadOnlyList<int> Digits { get; init; }

    /// <summary>Threads of the peers; ours run on one.</summary>
    public required IReadOnlyList<int> Threads { get; init; }

    public required IReadOnlyList<GemmEngineKind> Engines { get; init; }

    public required double Seconds { get; init; }

    public required double IdleSeconds { get; init; }

    public string? Json { get; init; }
}

/// <summary>Measures every engine on every layer and number of rows.</summary>
internal sealed class GemmCommand(GemmOptions options, CancellationToken cancellation)
{
    private readonly List<GemmRow> _rows = [];

    /// <summary>Measures, and writes what was measured even where it is cancelled or an engine fails.</summary>
    /// <exception cref="InvalidDataException">An engine's output is wrong.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Run()
    {
        try
        {
            IdleWait.Report(options.IdleSeconds, cancellation);
            foreach (IGrouping<(int Outputs, int Inputs), string> layer in Layers())
            {
                foreach ((int rows, int digits) in options.Rows.SelectMany(rows => options.Digits.Select(digits => (rows, digits))))
                {
                    GemmProblem problem = new(new GemmShape(rows, layer.Key.Outputs, layer.Key.Inputs), digits);
                    foreach (int threads in options.Threads)
                        RunCell(problem, string.Join(", ", layer), threads);
                }
            }
        }
        finally
        {
            if (options.Json is string path)
                JsonFile.Write(path, _rows);
            GemmTable.Show(_rows);
        }
    }

    // The layers that an encoder of ours has, query, key and value being one, each with the models that have it.
    private IEnumerable<IGrouping<(int Outputs, int Inputs), string>> Layers() => options.Models
        .SelectMany(model => new[]
        {
            (Size: (Outputs: 3 * model.Hidden, Inputs: model.Hidden), model.Name),
            (Size: (Outputs: model.Hidden, Inputs: model.Hidden), model.Name),
            (Size: (Outputs: model.Intermediate, Inputs: model.Hidden), model.Name),
            (Size: (Outputs: model.Hidden, Inputs: model.Intermediate), model.Name),
        })
        .GroupBy(layer => layer.Size, layer => layer.Name);

    private void RunCell(GemmProblem problem, string models, int threads)
    {
        List<GemmEngine> engines = [];
        try
        {
            foreach (GemmEngineKind kind in options.Engines)
            {
                cancellation.ThrowIfCancellationRequested();
                engines.Add(kind.Create(problem, threads));
            }
            double[] cosines = [.. engines.Select((engine, i) => Check(problem, options.Engines[i], engine))];
            CellTimes times = new InterleavedMeasurement(options.Seconds)
                .Run([.. engines.Select((engine, i) => (options.Engines[i].Name, (Action)engine.Run))], cancellation);
            for (int i = 0; i < engines.Count; i++)
            {
                int ran = engines[i] is TernaryGemmEngine ? 1 : threads;
                double peak = PeakMultiplyAdds.GigaPerSecond(options.Engines[i].Kernel, problem.Matrix.Digits);
                _rows.Add(new GemmRow(problem, models, times, i, ran, cosines[i], peak));
                Screen.Progress(_rows[^1].ToString());
            }
        }
        finally
        {
            engines.ForEach(engine => engine.Dispose());
        }
    }

    private static double Check(GemmProblem problem, GemmEngineKind kind, GemmEngine engine)
    {
        engine.Run();
        double cosine = problem.Cosine(engine.Output);
        if (!(cosine >= kind.MinimumCosine))
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{kind.Name} computes a layer of {problem.Shape.Outputs} x {problem.Shape.Inputs} wrongly: its output has cosine {cosine:F5} to plain dot products, at least {kind.MinimumCosine} was expected. Its speed means nothing."));
        return cosine;
    }
}
