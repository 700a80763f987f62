// The data sets by name: a new one is a line here.
using System.Globalization;
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Ann.Data;

/// <summary>A data set that can be prepared.</summary>
/// <param name="Name">Its name on the command line and in results.</param>
/// <param name="Prepare">Writes its files below the cache unless an earlier run did, and says where they are.</param>
internal sealed record DatasetKind(string Name, Func<DatasetContext, AnnDataset> Prepare)
{
    private const string Synthetic = "synthetic-";

    private const int SmallestSynthetic = 200, LargestSynthetic = 5_000_000;

    /// <summary>Those without a number in their name.</summary>
    public static IReadOnlyList<DatasetKind> Named { get; } =
    [
        new("fashion-mnist", FashionMnist.Prepare),
        new("wordnet", WordNetGlosses.Prepare),
    ];

    /// <summary>The data set of a name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static DatasetKind Parse(string name)
    {
        if (Named.FirstOrDefault(kind => kind.Name == name) is DatasetKind named)
            return named;
        if (name.StartsWith(Synthetic, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Synthetic.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count is >= SmallestSynthetic and <= LargestSynthetic)
            return new DatasetKind(name, context => SyntheticClusters.Prepare(name, count, context));
        throw new FormatException(
            $"There is no data set '{name}'; there are {string.Join(", ", Named.Select(kind => kind.Name))}, and synthetic-N with N from {SmallestSynthetic} to {LargestSynthetic}.");
    }

    /// <summary>Vectors of the user's own.</summary>
    public static DatasetKind Own(string data, string? queries, AnnMetric metric) =>
        new(Path.GetFileNameWithoutExtension(data), context => OwnVectors.Prepare(data, queries, metric, context));
}

/// <summary>What preparing a data set needs.</summary>
/// <param name="Cache">The folder that keeps what is costly to make.</param>
/// <param name="FashionMnistFolder">Where the Debian package puts its images, or the folder that the user named.</param>
/// <param name="Install">Fetches what is missing; says whether it may have come.</param>
/// <param name="Cancellation">Stops the work.</param>
internal sealed record DatasetContext(string Cache, string FashionMnistFolder, Func<string, bool> Install, CancellationToken Cancellation);
