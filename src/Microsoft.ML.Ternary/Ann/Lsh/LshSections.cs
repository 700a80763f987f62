// What an LSH index adds to the index file.
//
//   lsh       int32 tables, bits as given, probes, seed, bits, bucket bits, vectors in buckets; float32 norm of queries
//   normals   float32 rows, padded as vectors are: a hyperplane each, table after table
//   offsets   float32 a hyperplane
//   buckets   int32, for each table: where each of its buckets begins, and the number of vectors in buckets
//   members   int32, for each table: the slots of its buckets, one after the other
//   added     int32, for each table: the bucket of each later vector, or -1; left out where there are none
namespace Microsoft.ML.Ternary.Ann;

internal static unsafe class LshSections
{
    private const string Parameters = "lsh";
    private const string Normals = "normals";
    private const string Offsets = "offsets";
    private const string Starts = "buckets";
    private const string Members = "members";
    private const string Added = "added";
    private const int ParameterCount = 8;

    public static void Add(VectorIndexFileWriter file, LshStructure structure)
    {
        LshOptions options = (LshOptions)structure.Options;
        Hyperplanes planes = structure.Planes;
        InvertedLists[] tables = structure.Tables.ToArray();
        int bucketBits = System.Numerics.BitOperations.Log2((uint)tables[0].Count);
        int[] parameters = [options.Tables, options.Bits, options.Probes, options.Seed, planes.Bits, bucketBits, tables[0].Built, BitConverter.SingleToInt32Bits(planes.Norm)];
        file.Add<int>(Parameters, parameters);
        file.Add(Normals, planes.Normals.Rows, (long)planes.Normals.Count * planes.Normals.RowBytes);
        file.Add<float>(Offsets, planes.Offsets);
        file.Add<int>(Starts, [.. tables.SelectMany(table => table.Starts.ToArray())]);
        file.Add<int>(Members, [.. tables.SelectMany(table => table.Members.ToArray())]);
        if (tables[0].Added > 0)
            file.Add<int>(Added, [.. tables.SelectMany(table => table.ListOfSlots(table.Built))]);
    }

    /// <summary>The parameters an index was built with.</summary>
    public static LshOptions ReadOptions(VectorIndexFileReader file)
    {
        int[] parameters = file.Values<int>(Parameters, ParameterCount);
        LshOptions options = new() { Tables = parameters[0], Bits = parameters[1], Probes = parameters[2], Seed = parameters[3] };
        file.Require(options, Parameters);
        return options;
    }

    /// <summary>Reads the structure of an index file.</summary>
    public static LshStructure Read(VectorIndexFileReader file, VectorIndexOptions given)
    {
        LshOptions options = (LshOptions)given;
        IndexVectors vectors = IndexVectorsSections.Read(file);
        int[] parameters = file.Values<int>(Parameters, ParameterCount);
        int bits = parameters[4], bucketBits = parameters[5], built = parameters[6];
        if (bits is < 1 or > 24 || bucketBits < 1 || bucketBits > bits || built < 1 || built > vectors.Count)
            throw file.Bad($"section '{Parameters}' says {bits} bits, {bucketBits} of them for {built} vectors");
        int count = options.Tables * bits, dimension = vectors.Codes.Dimension;
        Float32VectorStore normals = new(
            dimension, AnnMetric.InnerProduct, count, file.Section(Normals, (long)count * Float32VectorStore.BytesPerRow(dimension)));
        Hyperplanes planes = new(normals, file.Values<float>(Offsets, count), BitConverter.Int32BitsToSingle(parameters[7]), bits);
        return new LshStructure(vectors, planes, ReadTables(file, options.Tables, 1 << bucketBits, built, vectors.Count), options);
    }

    private static InvertedLists[] ReadTables(VectorIndexFileReader file, int count, int buckets, int built, int vectors)
    {
        int[] starts = file.Values<int>(Starts, checked(count * (buckets + 1)));
        int[] members = file.Values<int>(Members, checked(count * built));
        int later = vectors - built;
        int[] added = later == 0 ? [] : file.Values<int>(Added, checked(count * later));
        if (members.AsSpan().ContainsAnyExceptInRange(0, built - 1))
            throw file.Bad($"section '{Members}' names a vector that is not there");
        if (added.AsSpan().ContainsAnyExceptInRange(-1, buckets - 1))
            throw file.Bad($"section '{Added}' names a bucket that is not there");
        InvertedLists[] tables = new InvertedLists[count];
        for (int table = 0; table < count; table++)
        {
            int[] own = starts.AsSpan(table * (buckets + 1), buckets + 1).ToArray();
            CheckStarts(file, own, table, built);
            tables[table] = new InvertedLists(own, members.AsSpan(table * built, built).ToArray());
            if (later == 0)
                continue;
            tables[table].Reserve(later);
            foreach (int bucket in added.AsSpan(table * later, later))
                tables[table].Add(bucket);
        }
        return tables;
    }

    private static void CheckStarts(VectorIndexFileReader file, int[] starts, int table, int built)
    {
        if (starts[0] != 0 || starts[^1] != built)
            throw file.Bad($"section '{Starts}' goes from {starts[0]} to {starts[^1]} in table {table}, not from 0 to {built}");
        for (int bucket = 0; bucket < starts.Length - 1; bucket++)
        {
            if (starts[bucket + 1] < starts[bucket])
                throw file.Bad($"section '{Starts}' does not ascend at bucket {bucket} of table {table}");
        }
    }
}
