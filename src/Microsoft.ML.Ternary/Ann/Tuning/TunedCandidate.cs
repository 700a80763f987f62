// A structure with a form of its vectors, to be built and swept. It stays the same one while the sample grows.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Something to build.</summary>
internal sealed record TunedCandidate(TunedKind Kind, Func<int, VectorIndexOptions> Structure, TunedForm Form)
{
    public bool IsExact => Kind.Kind == AnnIndexKind.Flat && Form.Codec == VectorCodec.Float32;

    /// <summary>All candidates that the options ask for. The exact one comes first, asked for or not.</summary>
    public static List<TunedCandidate> All(AnnTuningOptions options)
    {
        List<TunedCandidate> candidates = [new(TunedKinds.Of(new FlatOptions()), _ => new FlatOptions(), TunedForms.All[0])];
        candidates.AddRange((options.Candidates is { } given ? given.Select(Given) : Generated(options)).Where(candidate => !candidate.IsExact));
        return candidates;
    }

    /// <summary>What to build for a number of vectors. One thread each, so that the same seed gives the same index.</summary>
    public VectorIndexOptions Options(int count, AnnTuningOptions tuning) => Structure(count) with
    {
        Codec = Form.Codec,
        Rescoring = Form.Rescoring,
        Metric = tuning.Metric,
        Seed = tuning.Seed,
        Threads = 1,
    };

    private static TunedCandidate Given(VectorIndexOptions options)
    {
        options.Validate();
        return new TunedCandidate(TunedKinds.Of(options), _ => options, new TunedForm(options.Codec, options.Rescoring));
    }

    private static IEnumerable<TunedCandidate> Generated(AnnTuningOptions options) =>
        from kind in TunedKinds.All
        where options.Kinds?.Contains(kind.Kind) ?? true
        from structure in kind.Structures
        from form in TunedForms.All
        where options.Codecs?.Contains(form.Codec) ?? true
        select new TunedCandidate(kind, structure, form);
}
