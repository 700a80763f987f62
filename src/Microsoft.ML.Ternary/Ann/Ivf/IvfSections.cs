// What an IVF index adds to the index file. Vectors are in the order of the lists.
//
//   ivf       int32 nlist and training sample as given, nprobe, k-means iterations, seed, number of lists, vectors in runs
//   centroid  float32 rows, padded as vectors are: a centroid a list
//   lists     int32 a list: the first slot of its run; and the number of vectors in runs
//   added     int32 for each later vector: its list, or -1; left out where there are none
namespace Microsoft.ML.Ternary.Ann;

internal static unsafe class IvfSections
{
    private const string Parameters = "ivf";
    private const string Centroids = "centroid";
    private const string Starts = "lists";
    private const string Added = "added";
    private const int ParameterCount = 7;

    public static void Add(VectorIndexFileWriter file, IvfStructure structure)
    {
        IvfOptions options = (IvfOptions)structure.Options;
        Float32VectorStore centroids = structure.Centroids;
        InvertedLists lists = structure.Lists;
        int[] parameters = [options.NList, options.TrainingSample, options.NProbe, options.KMeansIterations, options.Seed, lists.Count, lists.Built];
        file.Add<int>(Parameters, parameters);
        file.Add(Centroids, centroids.Rows, (long)centroids.Count * centroids.RowBytes);
        file.Add(Starts, lists.Starts);
        if (lists.Added > 0)
            file.Add<int>(Added, lists.ListOfSlots(lists.Built));
    }

    /// <summary>The parameters an index was built with: all of it that opening needs.</summary>
    public static IvfOptions ReadOptions(VectorIndexFileReader file)
    {
        int[] parameters = file.Values<int>(Parameters, ParameterCount);
        IvfOptions options = new()
        {
            NList = parameters[0],
            TrainingSample = parameters[1],
            NProbe = parameters[2],
            KMeansIterations = parameters[3],
            Seed = parameters[4],
        };
        file.Require(options, Parameters);
        return options;
    }

    /// <summary>Reads the structure of an index file.</summary>
    public static IvfStructure Read(VectorIndexFileReader file, VectorIndexOptions options)
    {
        int[] parameters = file.Values<int>(Parameters, ParameterCount);
        int count = parameters[5], built = parameters[6];
        if (count < 1 || built < count && count > 1 || built > file.Count)
            throw file.Bad($"section '{Parameters}' says {count} lists of {built} vectors");
        IndexVectors vectors = IndexVectorsSections.Read(file);
        int dimension = vectors.Codes.Dimension;
        Float32VectorStore centroids = new(
            dimension,
            KMeans.IsSphericalUnder(vectors.Codes.Metric) ? AnnMetric.InnerProduct : AnnMetric.L2,
            count,
            file.Section(Centroids, (long)count * Float32VectorStore.BytesPerRow(dimension)));
        return new IvfStructure(vectors, centroids, ReadLists(file, count, built, vectors.Count), (IvfOptions)options);
    }

    private static InvertedLists ReadLists(VectorIndexFileReader file, int count, int built, int vectors)
    {
        int[] starts = file.Values<int>(Starts, count + 1);
        if (starts[0] != 0 || starts[count] != built)
            throw file.Bad($"section '{Starts}' goes from {starts[0]} to {starts[count]}, not from 0 to {built}");
        for (int list = 0; list < count; list++)
        {
            if (starts[list + 1] < starts[list])
                throw file.Bad($"section '{Starts}' does not ascend at list {list}");
        }
        InvertedLists lists = new(starts, null);
        if (vectors == built)
            return lists;
        lists.Reserve(vectors - built);
        foreach (int list in file.Values<int>(Added, vectors - built))
        {
            if (list < -1 || list >= count)
                throw file.Bad($"section '{Added}' names list {list} of {count}");
            lists.Add(list);
        }
        return lists;
    }
}
