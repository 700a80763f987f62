// An index that is opened from a file and not read: the file is checked when its parts are first used, may be damaged in any way
// without harm, is never changed, and is let go when the index is.
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Tests.Estimators;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class OpenedIndexTests
{
    private const int Dimension = 6;
    private const int Count = 300;

    // What opening may read besides the header: the parameters of the kind.
    private const int ParameterBytes = 64;

    private static readonly float[] Vectors = TestVectors.Clustered(Count, Dimension, 8, seed: 3);

    public static TheoryData<AnnIndexKind> Kinds => IndexKinds.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnIndexSavedHereFindsTheSameInAFreshProcess(AnnIndexKind kind)
    {
        using TemporaryFolder folder = new();
        using VectorIndex index = Changed(kind);
        index.Save(folder.File("a.index"));

        string[] queries = [.. Enumerable.Range(0, 20).Select(i => Bits(Query(i)))];
        string[] lines = FreshProcess.Run(queries, "index", folder.File("a.index"), "5");

        Assert.Equal($"{kind} {index.Count} {Dimension}", lines[0]);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => Found(index, i)), lines[2..]);
    }

    [Fact]
    public void OpeningAFileOf200MegabytesMakesNoneOfItResident()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc/self/status.");
        using TemporaryFolder folder = new();
        const int Rows = 130_000, Wide = 384;
        Float32VectorStore store = new(Wide, AnnMetric.L2, Rows, new AlignedBuffer((long)Rows * Wide * sizeof(float), clear: true));
        FlatIndex.Build(store, new FlatOptions { Metric = AnnMetric.L2 }, TestContext.Current.CancellationToken).Save(folder.File("a.index"));
        Assert.True(new FileInfo(folder.File("a.index")).Length > 199_000_000);

        string[] lines = FreshProcess.Run([], "index", folder.File("a.index"), "1");

        long[] resident = [.. lines[1].Split(' ')[..2].Select(long.Parse)];
        Assert.InRange(resident[1] - resident[0], 0, 20_000_000);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void OpeningReadsNoVectorAndTheFirstUsesCheckEachSectionOnceHoweverManyTheyAre(AnnIndexKind kind)
    {
        using TemporaryFolder folder = new();
        IndexFileBytes file = Saved(Changed(kind), folder);
        using VectorIndex index = VectorIndex.Load(folder.File("a.index"));
        Assert.InRange(index.File!.CheckedBytes, 0, ParameterBytes);
        Assert.Equal((kind, Count + 1 - 2, 2, Dimension), (index.Kind, index.Count, index.DeletedCount, index.Dimension));
        Assert.InRange(index.File!.CheckedBytes, 0, ParameterBytes);

        using Barrier together = new(8);
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(i => new Thread(() =>
        {
            together.SignalAndWait();
            Found(index, i);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        Assert.Equal(file.Sections.Where(section => section.Key != "rescore").Sum(section => section.Value.Length), index.File.CheckedBytes);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AFileCutOffWithinOrBetweenSectionsIsRefused(AnnIndexKind kind)
    {
        using TemporaryFolder folder = new();
        IndexFileBytes file = Saved(Changed(kind), folder);
        int[] ends = [0, 7, 64, 127, 128, 150, .. file.Sections.Values.SelectMany(section => new[] { section.Offset, section.Offset + section.Length / 2, section.Offset + section.Length - 1 })];
        foreach (int end in ends)
        {
            File.WriteAllBytes(folder.File("cut.index"), file.Bytes[..end]);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => VectorIndex.Load(folder.File("cut.index")));
            Assert.Contains("truncated", error.Message);
            Assert.Contains(folder.File("cut.index"), error.Message);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AByteAlteredInAnySectionIsFoundByTheFirstUseAndByVerify(AnnIndexKind kind)
    {
        using TemporaryFolder folder = new();
        IndexFileBytes file = Saved(Changed(kind), folder);
        foreach ((string name, (int offset, int length)) in file.Sections.Where(section => section.Key != "rescore" && section.Value.Length > ParameterBytes))
        {
            foreach (int at in new[] { offset, offset + length / 2, offset + length - 1 })
            {
                using VectorIndex index = OpenedAltered(file, at, folder);
                string problem = $"section '{name}' fails its checksum";
                Assert.Contains(problem, Assert.Throws<InvalidDataException>(() => Found(index, 0)).Message);
                Assert.Contains(problem, Assert.Throws<InvalidDataException>(() => Found(index, 1)).Message);
                Assert.Contains(problem, Assert.Throws<InvalidDataException>(() => index.Add(Query(0))).Message);
                Assert.Contains(problem, Assert.Throws<InvalidDataException>(() => index.Verify(TestContext.Current.CancellationToken)).Message);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AByteAlteredInWhatRescoresIsFoundByVerifyAndBeforeItIsSavedAgain(AnnIndexKind kind)
    {
        using TemporaryFolder folder = new();
        IndexFileBytes file = Saved(Changed(kind), folder);
        using VectorIndex index = OpenedAltered(file, file.Sections["rescore"].Offset + 77, folder);

        Found(index, 0);
        Assert.Contains("section 'rescore'", Assert.Throws<InvalidDataException>(() => index.Verify(TestContext.Current.CancellationToken)).Message);
        Assert.Contains("section 'rescore'", Assert.Throws<InvalidDataException>(() => index.Save(folder.File("b.index"))).Message);
        Assert.False(File.Exists(folder.File("b.index")));
    }

    [Fact]
    public void WhatLiesBetweenSectionsIsVerifiedToo()
    {
        using TemporaryFolder folder = new();
        IndexFileBytes file = Saved(Changed(AnnIndexKind.Hnsw), folder);
        (int offset, int length) = file.Sections["hnsw"];
        using VectorIndex index = OpenedAltered(file, offset + length, folder);

        Assert.Contains("not zero", Assert.Throws<InvalidDataException>(() => index.Verify(TestContext.Current.CancellationToken)).Message);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AWholeFileIsVerifiedAlsoAfterItsIndexWasChanged(AnnIndexKind kind)
    {
        using TemporaryFolder folder = new();
        IndexFileBytes file = Saved(Changed(kind), folder);
        using VectorIndex index = VectorIndex.Load(folder.File("a.index"));
        index.Verify(TestContext.Current.CancellationToken);

        Assert.Equal(Count + 2, index.Add(Query(0)));
        Assert.True(index.Delete(5));
        index.Verify(TestContext.Current.CancellationToken);
        index.Compact(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(Count + 2, index.Nearest(Query(0), 2).Ids[1]);
        Assert.Equal(file.Bytes, File.ReadAllBytes(folder.File("a.index")));
        index.Verify(TestContext.Current.CancellationToken);
        Assert.Throws<OperationCanceledException>(() => index.Verify(new CancellationToken(canceled: true)));
    }

    // The links, levels and numbers that lead searches through memory are drawn at random, and every checksum made right.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void WhateverIsInAFileWhoseChecksumsAreRightNoSearchLeavesIt(AnnIndexKind kind)
    {
        using TemporaryFolder folder = new();
        byte[] saved = Saved(Changed(kind), folder).Bytes;
        Random random = new(1);
        int refused = 0;
        for (int round = 0; round < 600; round++)
        {
            IndexFileBytes file = new([.. saved]);
            Corrupt(file, random);
            file.FixChecksums();
            File.WriteAllBytes(folder.File("corrupt.index"), file.Bytes);
            try
            {
                using VectorIndex index = VectorIndex.Load(folder.File("corrupt.index"));
                for (int i = 0; i < 20; i++)
                    Assert.All(index.Nearest(Query(i), 10, new SearchOptions { EfSearch = 30 }).Ids, id => Assert.InRange(id, -1, index.NextId - 1));
                index.Add(Query(round % Count));
            }
            catch (InvalidDataException error)
            {
                Assert.Contains("corrupt.index", error.Message);
                refused++;
            }
        }
        Assert.InRange(refused, 100, 599);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnOpenIndexGoesOnWithItsFileWhenThatIsReplaced(AnnIndexKind kind)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A mapped file cannot be replaced there.");
        using TemporaryFolder folder = new();
        Saved(Changed(kind), folder);
        using VectorIndex index = VectorIndex.Load(folder.File("a.index"));
        string[] before = [.. Enumerable.Range(0, 20).Select(i => Found(Changed(kind), i))];

        FlatIndex.Build([1f, 2f], 2, AnnMetric.L2).Save(folder.File("a.index"));
        Assert.Equal(before, Enumerable.Range(0, 20).Select(i => Found(index, i)));
        index.Verify(TestContext.Current.CancellationToken);
        index.Save(folder.File("a.index"));

        using VectorIndex again = VectorIndex.Load(folder.File("a.index"));
        Assert.Equal(before, Enumerable.Range(0, 20).Select(i => Found(again, i)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ADisposedIndexSaysSo(AnnIndexKind kind)
    {
        using TemporaryFolder folder = new();
        VectorIndex built = Changed(kind);
        Saved(built, folder);
        VectorIndex unused = VectorIndex.Load(folder.File("a.index")), used = VectorIndex.Load(folder.File("a.index"));
        Found(used, 0);
        foreach (VectorIndex index in new[] { built, unused, used })
        {
            index.Dispose();
            index.Dispose();
            Assert.Throws<ObjectDisposedException>(() => Found(index, 0));
            Assert.Throws<ObjectDisposedException>(() => index.SearchBatch(Query(0), 1, new int[1], new float[1]));
            Assert.Throws<ObjectDisposedException>(() => index.CopyVector(0, new float[Dimension]));
            Assert.Throws<ObjectDisposedException>(() => index.Add(Query(0)));
            Assert.Throws<ObjectDisposedException>(() => index.Delete(3));
            Assert.Throws<ObjectDisposedException>(() => index.Compact());
            Assert.Throws<ObjectDisposedException>(() => index.Contains(3));
            Assert.Throws<ObjectDisposedException>(() => index.Save(new MemoryStream()));
            Assert.Throws<ObjectDisposedException>(() => index.Verify());
        }
    }

    [Fact]
    public void SearchesThatRunWhileTheIndexIsDisposedEndOrSaySo()
    {
        using TemporaryFolder folder = new();
        Saved(Changed(AnnIndexKind.Hnsw), folder);
        for (int round = 0; round < 30; round++)
        {
            VectorIndex index = VectorIndex.Load(folder.File("a.index"));
            string expected = Found(index, round);
            Task[] searches = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                while (true)
                    Assert.Equal(expected, Found(index, round));
            }))];
            Thread.Sleep(2);
            index.Dispose();
            foreach (Task search in searches)
                Assert.IsType<ObjectDisposedException>(Record.Exception(search.GetAwaiter().GetResult));
        }
    }

    // Every section there can be: rescoring vectors, numbers that are not the rows', deleted vectors, equal ones.
    private static VectorIndex Changed(AnnIndexKind kind)
    {
        float[] vectors = [.. Vectors];
        vectors.AsSpan(0, Dimension).CopyTo(vectors.AsSpan(20 * Dimension));
        VectorIndex index = IndexKinds.Build(kind, vectors, Dimension, VectorCodec.Int8, rescoring: Rescoring.Float32);
        index.Delete(0);
        index.Compact();
        index.Add(Query(1));
        index.Add(Query(2));
        index.Delete(9);
        index.Delete(Count);
        return index;
    }

    private static IndexFileBytes Saved(VectorIndex index, TemporaryFolder folder)
    {
        index.Save(folder.File("a.index"));
        IndexFileBytes file = new(File.ReadAllBytes(folder.File("a.index")));
        Assert.Superset(new HashSet<string> { "codes", "rescore", "slotids", "deleted" }, file.Sections.Keys.ToHashSet());
        return file;
    }

    private static VectorIndex OpenedAltered(IndexFileBytes file, int at, TemporaryFolder folder)
    {
        byte[] bytes = [.. file.Bytes];
        bytes[at] ^= 4;
        File.WriteAllBytes(folder.File("altered.index"), bytes);
        return VectorIndex.Load(folder.File("altered.index"));
    }

    private static void Corrupt(IndexFileBytes file, Random random)
    {
        string[] names = [.. file.Sections.Keys.Where(name => file.Sections[name].Length > 0)];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            Span<byte> section = file.Section(names[random.Next(names.Length)]);
            if (random.Next(2) == 0)
                random.NextBytes(section.Slice(random.Next(section.Length)));
            else
                section[random.Next(section.Length)] ^= (byte)(1 << random.Next(8));
        }
    }

    private static float[] Query(int number) => Vectors[(number * Dimension)..((number + 1) * Dimension)];

    private static string Bits(float[] values) => string.Join(' ', values.Select(BitConverter.SingleToUInt32Bits));

    private static string Found(VectorIndex index, int query)
    {
        (int[] ids, float[] distances) = index.Nearest(Query(query), 5);
        return string.Join(' ', ids.Select(id => $"{id}").Append(Bits(distances)));
    }
}
