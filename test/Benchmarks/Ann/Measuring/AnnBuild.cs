// What an index cost before it was searched.
namespace Benchmarks.Ann.Measuring;

/// <summary>One build.</summary>
/// <param name="Seconds">Time.</param>
/// <param name="Contended">Whether other processes ran meanwhile.</param>
/// <param name="Bytes">The index without what rescoring needs.</param>
/// <param name="BytesRescoring">What rescoring needs.</param>
/// <param name="PeakRss">Peak resident memory of the process while it read the vectors and built, the vectors included.</param>
/// <param name="Version">The engine's version.</param>
internal sealed record AnnBuild(double Seconds, bool Contended, long Bytes, long BytesRescoring, long PeakRss, string? Version);
