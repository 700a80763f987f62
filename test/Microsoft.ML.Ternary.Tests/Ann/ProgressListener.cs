// Hears of progress on the thread that reports it, unlike Progress<T>.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

internal sealed class ProgressListener(Action<IndexBuildProgress> report) : IProgress<IndexBuildProgress>
{
    public void Report(IndexBuildProgress value) => report(value);
}
