// Builds candidates of a sample, several at a time on a thread each: builds on one thread are deterministic, and together they
// keep all cores busy.
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>Builds candidates.</summary>
/// <param name="vectors">The sample.</param>
/// <param name="all">Vectors in all, of which the sample is a part.</param>
/// <param name="options">The tuner's options.</param>
internal sealed class CandidateBuilder(VectorStore vectors, int all, AnnTuningOptions options)
{
    /// <summary>Builds as many as time allows, the first ones first.</summary>
    /// <param name="candidates">What to build, in order of their promise.</param>
    /// <param name="built">Hears of each that is built, one at a time.</param>
    /// <param name="user">The user's cancellation.</param>
    /// <param name="deadline">Cancelled when time is up as well.</param>
    /// <returns>What was built, in the order given.</returns>
    public IReadOnlyList<BuiltCandidate> Build(
        IReadOnlyList<TunedCandidate> candidates, Action<BuiltCandidate> built, CancellationToken user, CancellationToken deadline)
    {
        List<(int Place, TunedCandidate Candidate)>[] families = [.. candidates.Select((candidate, place) => (place, candidate)).GroupBy(Family).Select(family => family.ToList())];
        BuiltCandidate?[] places = new BuiltCandidate?[candidates.Count];
        int next = -1;
        ExceptionDispatchInfo? failure = null;
        Parallel.For(0, Math.Min(families.Length, options.ThreadCount), new ParallelOptions { MaxDegreeOfParallelism = options.ThreadCount }, _ =>
        {
            try
            {
                for (int family = Interlocked.Increment(ref next); family < families.Length; family = Interlocked.Increment(ref next))
                    BuildFamily(families[family], places, built, deadline);
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
            }
            catch (Exception e)
            {
                Volatile.Write(ref next, families.Length);
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        user.ThrowIfCancellationRequested();
        failure?.Throw();
        return [.. places.OfType<BuiltCandidate>()];
    }

    /// <summary>Builds one candidate.</summary>
    public BuiltCandidate Build(TunedCandidate candidate, BuiltCandidate? sibling, CancellationToken cancellation)
    {
        VectorIndexOptions form = candidate.Options(vectors.Count, options);
        long start = Stopwatch.GetTimestamp();
        cancellation.ThrowIfCancellationRequested();
        VectorIndex? recoded = sibling is null ? null : candidate.Kind.Recode(sibling.Index, vectors, form, cancellation);
        VectorIndex index = recoded ?? candidate.Kind.Build(vectors, form, null, cancellation);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds + (recoded is null ? 0 : sibling!.Seconds);
        return new BuiltCandidate(candidate, form, index, seconds, BuiltCandidate.MemoryOf(index, candidate, candidate.Options(all, options), all));
    }

    // What differs in the form of its vectors alone may share a structure.
    private VectorIndexOptions Family((int Place, TunedCandidate Candidate) one) =>
        one.Candidate.Options(vectors.Count, options) with { Codec = VectorCodec.Float32, Rescoring = Rescoring.Auto };

    private void BuildFamily(List<(int Place, TunedCandidate Candidate)> family, BuiltCandidate?[] places, Action<BuiltCandidate> built, CancellationToken deadline)
    {
        BuiltCandidate? first = null;
        foreach ((int place, TunedCandidate candidate) in family)
        {
            BuiltCandidate one = Build(candidate, first, deadline);
            first ??= one;
            places[place] = one;
            lock (places)
                built(one);
        }
    }
}
