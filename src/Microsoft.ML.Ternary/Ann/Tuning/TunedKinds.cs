// The kinds of index that the tuner tries.
namespace Microsoft.ML.Ternary.Ann;

internal static class TunedKinds
{
    public static IReadOnlyList<TunedKind> All { get; } = [new TunedFlat(), new TunedLsh(), new TunedIvf(), new TunedHnsw()];

    /// <summary>The kind that options are for.</summary>
    /// <exception cref="ArgumentException">The tuner does not know it.</exception>
    public static TunedKind Of(VectorIndexOptions options) =>
        All.FirstOrDefault(kind => kind.OptionsType == options.GetType())
        ?? throw new ArgumentException($"The tuner cannot try {options.GetType().Name}: it knows {string.Join(", ", All.Select(kind => kind.OptionsType.Name))}.", nameof(options));
}
