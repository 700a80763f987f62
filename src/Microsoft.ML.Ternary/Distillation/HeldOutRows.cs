// Chooses what student and teacher are compared on when the caller names nothing: some of the corpus' first rows, which are then
// never trained on.
namespace Microsoft.ML.Ternary.Distillation;

internal static class HeldOutRows
{
    private const int RowsLookedAt = 4096;
    private const int EveryRow = 16;
    private const int SmallestCorpus = 64;

    /// <summary>The texts, and the rows of the corpus that must be left out of training.</summary>
    public static (IReadOnlyList<string> Texts, IReadOnlySet<long> Rows) Choose(
        IReadOnlyList<string>? given, Func<IEnumerable<string?>> corpus)
    {
        if (given is not null)
            return (given, new HashSet<long>());
        List<string> first = CorpusRows.Read(corpus).Take(RowsLookedAt).Select(text => text ?? "").ToList();
        if (first.Count == 0)
            throw new InvalidOperationException(TrainingCorpus.NoRows);
        if (first.Count < SmallestCorpus)
            return (first, new HashSet<long>());
        HashSet<long> rows = Enumerable.Range(0, first.Count).Where(row => row % EveryRow == EveryRow - 1).Select(row => (long)row).ToHashSet();
        return (rows.Order().Select(row => first[(int)row]).ToList(), rows);
    }
}
