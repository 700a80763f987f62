// One row of memory's results.
using System.Globalization;
using Benchmarks.Memory;
using Benchmarks.Models;

namespace Benchmarks.Reports;

/// <summary>What one model costs in one engine. Megabytes are 1e6 bytes.</summary>
internal sealed class MemoryRow(BenchmarkModel model, string engine, int threads, long fileBytes, MemoryReading reading)
{
    public string Model => model.Name;

    public string Engine => engine;

    public int Threads => threads;

    /// <summary>The file, with weights that lie beside it.</summary>
    public double FileMb => fileBytes / 1e6;

    /// <summary>From the file, warm in the system's cache, until the first batch can run.</summary>
    public double LoadMs => reading.LoadMilliseconds;

    /// <summary>Peak resident memory of a process that loads the model and embeds 8 x 128 tokens.</summary>
    public double PeakRssMb => reading.PeakBytes / 1e6;

    /// <summary>What of that the process had before it loaded anything.</summary>
    public double BaseRssMb => reading.BaseBytes / 1e6;

    public bool RealWeights => model.RealWeights;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Model} {Engine,-11} file {FileMb,7:F1} MB, loaded in {LoadMs,6:F0} ms, peak RSS {PeakRssMb,7:F1} MB ({BaseRssMb:F1} before loading)");
}
