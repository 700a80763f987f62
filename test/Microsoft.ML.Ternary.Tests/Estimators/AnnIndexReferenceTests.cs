// An index in a file next to the saved model: the two move together, and what is missing, damaged or another's is refused by name.
using System.IO.Compression;
using System.Text;
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Tests.Ann;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class AnnIndexReferenceTests : IDisposable
{
    private const string Name = "corpus.ann";

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    private string Zip => _folder.File("model.zip");

    private string Ann => _folder.File(Name);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(NeighborForm.Ids)]
    [InlineData(NeighborForm.Keys)]
    public void AModelFindsTheSameWithItsIndexNextToItAndMovesWithIt(NeighborForm form)
    {
        IDataView rows = Vectors.View(_ml, 300, seed: 1);
        AnnIndexTransformer fitted = Fit(rows, new() { SaveIndexAs = Name, IdColumn = "Name", NeighborsAs = form, Queries = [new("Embedding", "Again", "AgainDistances")] });
        Save(fitted, rows);
        string elsewhere = Directory.CreateDirectory(_folder.File("elsewhere")).FullName;

        AssertSame(fitted, Load(Zip), rows);
        File.Move(Zip, Path.Combine(elsewhere, "renamed.zip"));
        File.Move(Ann, Path.Combine(elsewhere, Name));
        AssertSame(fitted, Load(Path.Combine(elsewhere, "renamed.zip")), rows);
    }

    [Fact]
    public void TheIndexLiesInItsFileAloneAndTheModelNamesNoFolder()
    {
        IDataView rows = Vectors.View(_ml, 300, seed: 1);
        Save(Fit(rows, new() { SaveIndexAs = Name, IdColumn = "Name" }), rows);

        Assert.Equal([Ann, Zip], Directory.GetFileSystemEntries(_folder.Path).Order(StringComparer.Ordinal));
        Assert.Equal(300, VectorIndex.Load(Ann).Count);
        byte[] vectors = File.ReadAllBytes(Ann)[^4000..^3900];
        string folder = Path.GetFileName(_folder.Path);
        foreach ((string entry, byte[] bytes) in Entries())
        {
            Assert.True(bytes.AsSpan().IndexOf(vectors) < 0, entry);
            foreach (Encoding encoding in new[] { Encoding.UTF8, Encoding.Unicode })
                Assert.True(bytes.AsSpan().IndexOf(encoding.GetBytes(folder)) < 0, entry);
        }
    }

    [Fact]
    public void AnIndexThatDidNotMoveAlongIsMissedByName()
    {
        SaveSmall();
        string elsewhere = Directory.CreateDirectory(_folder.File("elsewhere")).FullName;
        File.Copy(Zip, Path.Combine(elsewhere, "model.zip"));

        string message = Refusal<FileNotFoundException>(Path.Combine(elsewhere, "model.zip"));

        Assert.Contains(Path.Combine(elsewhere, Name), message);
        Assert.Contains("copy 'corpus.ann' there too", message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(200)]
    public void ATruncatedIndexIsRefusedByName(int length)
    {
        SaveSmall();
        using (FileStream file = File.OpenWrite(Ann))
            file.SetLength(length);

        string message = Refusal<InvalidDataException>(Zip);

        Assert.Contains(Ann, message);
        Assert.Contains("truncated", message);
    }

    [Fact]
    public void AnotherModelsIndexIsRefusedByNameThoughItIsOfTheSameSize()
    {
        IDataView rows = Vectors.View(_ml, 50, seed: 1), others = Vectors.View(_ml, 50, seed: 2);
        Save(Fit(rows, Small), rows);
        Fit(others, Small).Index.Save(Ann);

        string message = Refusal<InvalidDataException>(Zip);

        Assert.Contains(Ann, message);
        Assert.Contains("not the index that this model was saved with (Flat, 50 vectors of dimension 8)", message);
    }

    [Fact]
    public void AnIndexThatIsThereAlreadyIsLeftAloneAndAnotherIsReplaced()
    {
        DateTime past = new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        IDataView rows = Vectors.View(_ml, 50, seed: 1), others = Vectors.View(_ml, 50, seed: 2);
        Save(Fit(rows, Small), rows);
        File.SetLastWriteTimeUtc(Ann, past);

        // Saved again from the very file, as a program does that loads a model and changes something else.
        Save(Load(Zip), rows);
        Assert.Equal(past, File.GetLastWriteTimeUtc(Ann));
        AnnIndexTransformer other = Fit(others, Small);
        Save(other, others);
        Assert.NotEqual(past, File.GetLastWriteTimeUtc(Ann));
        AssertSame(other, Load(Zip), others);
        Assert.Equal([Ann, Zip], Directory.GetFileSystemEntries(_folder.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void SavingAgainMendsADamagedFile()
    {
        IDataView rows = Vectors.View(_ml, 50, seed: 1);
        AnnIndexTransformer fitted = Fit(rows, Small);
        Save(fitted, rows);
        byte[] bytes = File.ReadAllBytes(Ann), damaged = [.. bytes];
        damaged[^10] ^= 1;
        File.WriteAllBytes(Ann, damaged);

        Save(fitted, rows);

        Assert.Equal(bytes, File.ReadAllBytes(Ann));
    }

    [Theory]
    [InlineData("../corpus.ann")]
    [InlineData("..\\corpus.ann")]
    [InlineData("/corpus.ann")]
    [InlineData("sub/corpus.ann")]
    [InlineData("c:corpus.ann")]
    [InlineData("corpus\n.ann")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(" corpus.ann")]
    [InlineData("corpus.ann.")]
    public void NamesThatAreNoPlainFileNamesAreRefusedWhenTheOptionIsSet(string name)
    {
        string message = Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", new() { SaveIndexAs = name })).Message;

        Assert.Contains("SaveIndexAs", message);
        Assert.Contains("without a folder", message);
    }

    [Theory]
    [InlineData("../../x.an")]
    [InlineData("/etc/x.ann")]
    [InlineData("c:\\x.annnn")]
    public void AModelThatNamesAFileElsewhereIsRefused(string name)
    {
        SaveSmall();
        Assert.True(Replace(Name, name));

        Assert.Contains($"'{name}' next to it, which is not a plain file name", Refusal<FormatException>(Zip));
    }

    [Fact]
    public void AStreamThatIsNoFileHasNoPlaceForAnIndexNextToIt()
    {
        IDataView rows = Vectors.View(_ml, 50, seed: 1);

        string message = Assert.Throws<InvalidOperationException>(() => _ml.Model.Save(Fit(rows, Small), rows.Schema, new MemoryStream())).Message;

        Assert.Contains("'corpus.ann'", message);
        Assert.Contains("leave SaveIndexAs null", message);
    }

    [Fact]
    public void AModelReadFromAStreamLooksForItsIndexInTheCurrentDirectory()
    {
        string name = $"{Guid.NewGuid():N}.ann", here = Path.Combine(Directory.GetCurrentDirectory(), name);
        IDataView rows = Vectors.View(_ml, 50, seed: 1);
        AnnIndexTransformer fitted = Fit(rows, Small with { SaveIndexAs = name });
        Save(fitted, rows);
        using MemoryStream stream = new(File.ReadAllBytes(Zip));

        string message = Refusal<FileNotFoundException>(() => _ml.Model.Load(stream, out _));
        Assert.Contains(here, message);
        Assert.Contains("in the current directory", message);
        File.Move(_folder.File(name), here);
        try
        {
            AssertSame(fitted, _ml.Model.Load(stream, out _), rows);
        }
        finally
        {
            File.Delete(here);
        }
    }

    [Fact]
    public void AFileStreamIsAFileToo()
    {
        IDataView rows = Vectors.View(_ml, 50, seed: 1);
        AnnIndexTransformer fitted = Fit(rows, Small);
        using (FileStream file = File.Create(Zip))
            _ml.Model.Save(fitted, rows.Schema, file);

        using FileStream read = File.OpenRead(Zip);
        AssertSame(fitted, _ml.Model.Load(read, out _), rows);
    }

    [Fact]
    public void TwoIndexesOfOneModelNeedTwoNamesAndNeitherIsThatOfTheModel()
    {
        IDataView rows = Vectors.View(_ml, 50, seed: 1);
        ITransformer Chain(string first, string second) =>
            _ml.Transforms.NearestNeighbors("A", "Embedding", Small with { SaveIndexAs = first, DistancesColumn = "ADistances" })
                .Append(_ml.Transforms.NearestNeighbors("B", "Embedding", Small with { SaveIndexAs = second, Metric = AnnMetric.L2, DistancesColumn = "BDistances" })).Fit(rows);

        Assert.Contains("'CORPUS.ann'", Assert.Throws<InvalidOperationException>(() => Save(Chain(Name, "CORPUS.ann"), rows)).Message);
        Assert.Contains("name of the model itself", Assert.Throws<InvalidOperationException>(() => Save(Chain("model.zip", Name), rows)).Message);
        Save(Chain(Name, "second.ann"), rows);
        IDataView found = Load(Zip).Transform(rows);
        Assert.Equal(3, found.GetColumn<long[]>("B").First().Length);
    }

    [Fact]
    public void DamagedIdsInTheModelAreRefused()
    {
        SaveSmall();
        using (ZipArchive archive = ZipFile.Open(Zip, ZipArchiveMode.Update))
        {
            using Stream stream = archive.Entries.Single(entry => entry.Name == "Ids").Open();
            stream.SetLength(stream.Length - 1);
        }

        Assert.Contains("The ids in the model", Refusal<InvalidDataException>(Zip));
    }

    [Fact]
    public void AnIndexThatCannotBeWrittenIsNamed()
    {
        IDataView rows = Vectors.View(_ml, 50, seed: 1);
        Directory.CreateDirectory(Ann);

        Assert.Contains(Ann, Assert.Throws<IOException>(() => Save(Fit(rows, Small), rows)).Message);
    }

    [Fact]
    public void SeveralCursorsSearchALoadedIndexAtOnce()
    {
        IDataView rows = Vectors.View(_ml, 2000, seed: 1);
        AnnIndexTransformer fitted = Fit(rows, new() { SaveIndexAs = Name, K = 4, NeighborsAs = NeighborForm.Keys, Queries = [new("Embedding", "Again", "AgainDistances")] });
        Save(fitted, rows);
        uint[][] expected = [.. fitted.Transform(rows).GetColumn<uint[]>("Neighbors")];
        IDataView found = Load(Zip).Transform(rows);

        DataViewRowCursor[] cursors = found.GetRowCursorSet(found.Schema, 4, null);
        int seen = 0;
        Parallel.ForEach(cursors, cursor =>
        {
            using (cursor)
            {
                ValueGetter<VBuffer<uint>> neighbors = cursor.GetGetter<VBuffer<uint>>(found.Schema["Neighbors"]);
                ValueGetter<VBuffer<uint>> again = cursor.GetGetter<VBuffer<uint>>(found.Schema["Again"]);
                ValueGetter<int> row = cursor.GetGetter<int>(found.Schema["Number"]);
                VBuffer<uint> first = default, second = default;
                int number = 0;
                while (cursor.MoveNext())
                {
                    row(ref number);
                    neighbors(ref first);
                    again(ref second);
                    Assert.Equal(expected[number], first.DenseValues());
                    Assert.Equal(expected[number], second.DenseValues());
                    Interlocked.Increment(ref seen);
                }
            }
        });
        Assert.True(cursors.Length > 1);
        Assert.Equal(2000, seen);
    }

    private static AnnIndexOptions Small => new() { Kind = AnnIndexKind.Flat, K = 3, SaveIndexAs = Name };

    private static void AssertSame(ITransformer expected, ITransformer actual, IDataView rows)
    {
        IDataView before = expected.Transform(rows), after = actual.Transform(rows);
        Assert.Equal(before.Schema.Select(column => (column.Name, column.Type)), after.Schema.Select(column => (column.Name, column.Type)));
        Assert.Equal(Show(before), Show(after));
    }

    private static IEnumerable<string> Show(IDataView view) =>
        view.Preview().RowView.Select(row => string.Join('|', row.Values.Select(value => (string)Show((dynamic)value.Value))));

    private static string Show<T>(VBuffer<T> vector) => string.Join(' ', vector.DenseValues());

    private static string Show<T>(T value) => value!.ToString()!;

    private void SaveSmall()
    {
        IDataView rows = Vectors.View(_ml, 50, seed: 1);
        Save(Fit(rows, Small), rows);
    }

    private AnnIndexTransformer Fit(IDataView rows, AnnIndexOptions options) => _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", options).Fit(rows);

    private void Save(ITransformer model, IDataView rows) => _ml.Model.Save(model, rows.Schema, Zip);

    private ITransformer Load(string path) => _ml.Model.Load(path, out _);

    private string Refusal<T>(string path) where T : Exception => Refusal<T>(() => Load(path));

    // ML.NET wraps whatever a component says while it is loaded.
    private static string Refusal<T>(Action load) where T : Exception
    {
        Exception? error = Record.Exception(load);
        while (error is not null and not T)
            error = error.InnerException;
        Assert.NotNull(error);
        return error.Message;
    }

    private IEnumerable<(string Name, byte[] Bytes)> Entries()
    {
        using ZipArchive archive = ZipFile.OpenRead(Zip);
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using MemoryStream bytes = new();
            using Stream stream = entry.Open();
            stream.CopyTo(bytes);
            yield return (entry.FullName, bytes.ToArray());
        }
    }

    // In all entries of the model, by a text of the same length; ML.NET's strings are UTF-16.
    private bool Replace(string text, string other)
    {
        Assert.Equal(text.Length, other.Length);
        bool replaced = false;
        (string Name, byte[] Bytes)[] entries = [.. Entries()];
        using ZipArchive archive = ZipFile.Open(Zip, ZipArchiveMode.Update);
        foreach ((string name, byte[] bytes) in entries)
        {
            int at = bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(text));
            if (at < 0)
                continue;
            Encoding.Unicode.GetBytes(other).CopyTo(bytes, at);
            using Stream stream = archive.GetEntry(name)!.Open();
            stream.Write(bytes);
            replaced = true;
        }
        return replaced;
    }

    private sealed class Vectors
    {
        public int Number { get; set; }

        public string Name { get; set; } = "";

        [VectorType(8)]
        public float[] Embedding { get; set; } = [];

        public static IDataView View(MLContext ml, int count, int seed)
        {
            float[] vectors = TestVectors.Clustered(count, 8, 20, seed);
            return ml.Data.LoadFromEnumerable(Enumerable.Range(0, count)
                .Select(i => new Vectors { Number = i, Name = "vector " + i, Embedding = vectors[(8 * i)..(8 * i + 8)] }));
        }
    }
}
