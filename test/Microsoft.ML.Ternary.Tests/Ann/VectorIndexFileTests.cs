// The index file: what goes in comes out, and what is damaged, cut off or from the future is refused; so is a disk that is full.
using System.Buffers.Binary;
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Tests.Estimators;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class VectorIndexFileTests
{
    private const int Dimension = 5;

    private static readonly float[] Vectors = WithCopies(TestVectors.Clustered(60, Dimension, 4, seed: 2));

    public static TheoryData<AnnIndexKind, AnnMetric> Kinds => new(
        from kind in Enum.GetValues<AnnIndexKind>() from metric in Enum.GetValues<AnnMetric>() select (kind, metric));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnIndexLoadsAsItWasSaved(AnnIndexKind kind, AnnMetric metric)
    {
        using TemporaryFolder folder = new();
        VectorIndex index = Build(kind, metric);
        index.Save(folder.File("a.index"));

        VectorIndex loaded = VectorIndex.Load(folder.File("a.index"));

        Assert.Equal((kind, metric, 60, Dimension), (loaded.Kind, loaded.Metric, loaded.Count, loaded.Dimension));
        Assert.Equal(index.Bytes(), loaded.Bytes());
        Assert.Equal(index.Bytes(), File.ReadAllBytes(folder.File("a.index")));
        for (int i = 0; i < 60; i++)
        {
            float[] query = Vectors[(i * Dimension)..(i * Dimension + Dimension)];
            SearchOptions options = new() { EfSearch = 8 };
            Assert.Equal(index.Nearest(query, 4, options).Ids, loaded.Nearest(query, 4, options).Ids);
            Assert.Equal(index.Nearest(query, 4, options).Distances, loaded.Nearest(query, 4, options).Distances);
        }
    }

    [Fact]
    public void OptionsOfAnHnswIndexAreKept()
    {
        HnswOptions options = new() { Metric = AnnMetric.L2, M = 5, EfConstruction = 33, EfSearch = 21, Seed = -4 };
        HnswIndex loaded = Assert.IsType<HnswIndex>(VectorIndex.Load(new MemoryStream(TestVectors.Hnsw(Vectors, Dimension, options).Bytes())));

        Assert.Equal(options, loaded.Options);
    }

    [Fact]
    public void TheHeaderIsAsDocumented()
    {
        byte[] file = Build(AnnIndexKind.Flat, AnnMetric.L2).Bytes();

        Assert.Equal("TERNVIDX"u8.ToArray(), file[..8]);
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(8)));
        Assert.Equal((ulong)file.Length, BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(16)));
        Assert.Equal(5u, BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(40)));
        Assert.Equal(60ul, BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(48)));
        Assert.Equal("codes\0\0\0"u8.ToArray(), file[128..136]);
        Assert.Equal(192ul, BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(136)));
        Assert.Equal(Vectors[..Dimension], Enumerable.Range(0, Dimension).Select(i => BinaryPrimitives.ReadSingleLittleEndian(file.AsSpan(192 + 4 * i))));
    }

    [Fact]
    public void IndexesCanFollowOneAnotherInAStreamThatGivesAFewBytesAtATime()
    {
        byte[] both = [.. Build(AnnIndexKind.Hnsw, AnnMetric.Cosine).Bytes(), .. Build(AnnIndexKind.Flat, AnnMetric.L2).Bytes()];
        using TrickleStream stream = new(both);

        Assert.Equal(AnnIndexKind.Hnsw, VectorIndex.Load(stream).Kind);
        Assert.Equal(AnnIndexKind.Flat, VectorIndex.Load(stream).Kind);
    }

    [Theory]
    [InlineData(AnnIndexKind.Flat)]
    [InlineData(AnnIndexKind.Hnsw)]
    [InlineData(AnnIndexKind.Ivf)]
    [InlineData(AnnIndexKind.Lsh)]
    public void ATruncatedFileIsRefusedWhereverItEnds(AnnIndexKind kind)
    {
        byte[] file = Build(kind, AnnMetric.Cosine).Bytes();
        for (int length = 0; length < file.Length; length += 1 + length / 100)
        {
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => VectorIndex.Load(new MemoryStream(file[..length])));
            Assert.Contains("truncated", error.Message);
        }
    }

    [Theory]
    [InlineData(AnnIndexKind.Flat)]
    [InlineData(AnnIndexKind.Hnsw)]
    [InlineData(AnnIndexKind.Ivf)]
    [InlineData(AnnIndexKind.Lsh)]
    public void AFileWithAnyByteAlteredIsRefused(AnnIndexKind kind)
    {
        byte[] file = Build(kind, AnnMetric.Cosine).Bytes();
        for (int at = 0; at < file.Length; at++)
        {
            file[at] ^= 0x10;
            Assert.Throws<InvalidDataException>(() => VectorIndex.Load(new MemoryStream(file)));
            file[at] ^= 0x10;
        }
        Assert.Equal(60, VectorIndex.Load(new MemoryStream(file)).Count);
    }

    [Fact]
    public void ErrorsNameTheFileAndSayWhatIsWrong()
    {
        using TemporaryFolder folder = new();
        byte[] file = Build(AnnIndexKind.Flat, AnnMetric.Cosine).Bytes();

        Assert.Contains("truncated", Refusal(file[..^1]));
        Assert.Contains("truncated", Refusal([]));
        Assert.Contains("followed by something else", Refusal([.. file, 0]));
        Assert.Contains("header fails its checksum", Refusal([.. file[..40], 99, .. file[41..]]));
        Assert.Contains("does not begin as a vector index", Refusal("this is a text, not an index"u8.ToArray()));
        string newer = Refusal([.. file[..8], 3, .. file[9..]]);
        Assert.Contains("version 3", newer);
        Assert.Contains("Update the package", newer);
        Assert.Contains("Build and save the index again", Refusal([.. file[..8], 1, .. file[9..]]));
        Assert.Contains("does not exist", Assert.Throws<FileNotFoundException>(() => VectorIndex.Load(folder.File("none"))).Message);

        string Refusal(byte[] bytes)
        {
            string path = folder.File("damaged.index");
            File.WriteAllBytes(path, bytes);
            string message = Assert.Throws<InvalidDataException>(() => VectorIndex.Load(path)).Message;
            Assert.Contains(path, message);
            return message;
        }
    }

    [Fact]
    public unsafe void ALinkToANodeThatIsNotThereIsRefusedThoughTheChecksumIsRight()
    {
        HnswIndex index = (HnswIndex)Build(AnnIndexKind.Hnsw, AnnMetric.Cosine);
        index.Graph.Links(3, 0)[0] = 60;

        string message = Assert.Throws<InvalidDataException>(() => VectorIndex.Load(new MemoryStream(index.Bytes()))).Message;
        Assert.Contains("node 3 links to 60", message);
    }

    [Fact]
    public void AFullDiskLeavesTheOldFileAndNothingElse()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("a.index");
        VectorIndex index = Build(AnnIndexKind.Hnsw, AnnMetric.Cosine);
        index.Save(path);
        byte[] before = File.ReadAllBytes(path);

        IOException error = Assert.Throws<IOException>(() => AtomicFile.Write(path, file =>
        {
            file.Write(before, 0, 100);
            index.Save(new FullDisk(capacity: 3000));
        }));

        Assert.Contains(FullDisk.Message, error.Message);
        Assert.Contains(path, error.Message);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void SavingReplacesAnOlderFile()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("a.index");
        Build(AnnIndexKind.Hnsw, AnnMetric.Cosine).Save(path);
        Build(AnnIndexKind.Flat, AnnMetric.L2).Save(path);

        Assert.Equal(AnnIndexKind.Flat, VectorIndex.Load(path).Kind);
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void AFolderThatIsNotThereIsNamed()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "none", "a.index");

        Assert.Contains(path, Assert.Throws<IOException>(() => Build(AnnIndexKind.Flat, AnnMetric.L2).Save(path)).Message);
    }

    private static VectorIndex Build(AnnIndexKind kind, AnnMetric metric) => kind switch
    {
        AnnIndexKind.Flat => FlatIndex.Build(Vectors, Dimension, metric),
        AnnIndexKind.Ivf => IvfIndex.Build(Vectors, Dimension, new IvfOptions { Metric = metric, NList = 6, NProbe = 2 }),
        AnnIndexKind.Lsh => LshIndex.Build(Vectors, Dimension, new LshOptions { Metric = metric, Tables = 2, Probes = 1 }),
        _ => TestVectors.Hnsw(Vectors, Dimension, new HnswOptions { Metric = metric, M = 3, EfConstruction = 10, EfSearch = 10 }),
    };

    private static float[] WithCopies(float[] vectors)
    {
        vectors.AsSpan(0, Dimension).CopyTo(vectors.AsSpan(20 * Dimension));
        vectors.AsSpan(0, Dimension).CopyTo(vectors.AsSpan(40 * Dimension));
        return vectors;
    }

    // A network or a zip entry: it cannot seek and gives what it has.
    private sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(7, buffer.Length)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(7, count));
    }
}
