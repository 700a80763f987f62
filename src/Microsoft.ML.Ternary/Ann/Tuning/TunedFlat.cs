// The flat index as the tuner sees it: nothing to choose but the codec and, with one, how many candidates are rescored.
namespace Microsoft.ML.Ternary.Ann;

internal sealed class TunedFlat : TunedKind
{
    public override AnnIndexKind Kind => AnnIndexKind.Flat;

    public override Type IndexType => typeof(FlatIndex);

    public override Type OptionsType => typeof(FlatOptions);

    public override IReadOnlyList<Func<int, VectorIndexOptions>> Structures { get; } = [_ => new FlatOptions()];

    public override VectorIndex Build(
        VectorStore full, VectorIndexOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation) =>
        FlatIndex.Build(full, (FlatOptions)options, cancellation);
}
