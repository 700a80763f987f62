// Builds that go over the vectors several times tell their users of one number that grows: the share of all passes that is done,
// as if it were vectors indexed.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Reports how far a build in several passes is, about a hundred times, and ends it when it is cancelled.</summary>
/// <param name="progress">Hears of it, or null.</param>
/// <param name="vectors">Vectors to index.</param>
/// <param name="work">The sum over the passes of the vectors that each goes over, at most.</param>
/// <param name="cancellation">Ends the build.</param>
internal sealed class BuildPasses(IProgress<IndexBuildProgress>? progress, int vectors, long work, CancellationToken cancellation)
{
    private readonly Lock _reporting = new();
    private long _worked;
    private int _reported;

    /// <summary>Some more vectors have been gone over, on any thread.</summary>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public void Add(int count)
    {
        cancellation.ThrowIfCancellationRequested();
        if (progress is null)
            return;
        lock (_reporting)
        {
            _worked += count;
            int done = (int)Math.Min(vectors - 1, (double)_worked / work * vectors);
            if (done - _reported < Math.Max(1, vectors / 100))
                return;
            _reported = done;
            progress.Report(new IndexBuildProgress(done, vectors));
        }
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>All vectors are indexed.</summary>
    public void End() => progress?.Report(new IndexBuildProgress(vectors, vectors));
}
