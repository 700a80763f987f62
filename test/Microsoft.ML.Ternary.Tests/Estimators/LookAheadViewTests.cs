// What a reader of the look-ahead view may rely on: rows in order and whole, on one cursor or many, nothing embedded for
// nothing. A fake model stands in, so that every value can be told by looking.
using System.Globalization;
using FsCheck;
using FsCheck.Xunit;
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class LookAheadViewTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(5000)]
    public void RowsComeInOrderAndWholeWhateverTheWindow(int windowRows)
    {
        FakeEmbedding model = new();
        IDataView view = model.View(_ml, Row.View(_ml, 1000), windowRows);
        List<EmbeddedRow> rows = [.. _ml.Data.CreateEnumerable<EmbeddedRow>(view, reuseRowObject: false)];
        Assert.Equal(Enumerable.Range(0, 1000), rows.Select(row => row.Number));
        Assert.All(rows, row => row.AssertWhole());
        Assert.All(model.WindowSizes, size => Assert.InRange(size, 1, windowRows));
    }

    [Property(MaxTest = 50)]
    public void EveryTextIsEmbeddedAsItWouldBeAlone(NonNull<string>[] texts, PositiveInt windowRows)
    {
        string[] values = [.. texts.Select(text => text.Get)];
        IDataView source = _ml.Data.LoadFromEnumerable(values.Select(text => new Row { Text = text, Words = ["", ""], Known = [0, 0, 0] }));
        IDataView view = new FakeEmbedding().View(_ml, source, windowRows.Get);
        Assert.Equal(values.Select(FakeEmbedding.Of), view.GetColumn<float[]>("Embedding"));
    }

    [Fact]
    public void WindowsGrowToTheirFullSize()
    {
        FakeEmbedding model = new();
        _ = model.View(_ml, Row.View(_ml, 400), windowRows: 100).GetColumn<float[]>("Embedding").Count();
        Assert.Equal([32, 64, 100, 100, 100, 4], model.WindowSizes);
    }

    [Fact]
    public void ReadingAFewRowsDoesNotReadTheWholeSource()
    {
        SpyView source = new(Row.View(_ml, 1000));
        FakeEmbedding model = new();
        IDataView few = _ml.Data.TakeRows(model.View(_ml, source, windowRows: 512), 10);
        Assert.Equal(10, few.GetColumn<float[]>("Embedding").Count());
        Assert.Equal([32], model.WindowSizes);
        Assert.Equal(32, source.RowsRead);
        Assert.Equal(0, source.CursorsOpen);
    }

    [Fact]
    public void LongTextsFillAWindowBeforeManyRowsDo()
    {
        FakeEmbedding model = new();
        string text = new('x', 50_000);
        IDataView source = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 12).Select(_ => new Row { Text = text, Words = ["", ""], Known = [0, 0, 0] }));
        Assert.Equal(12, model.View(_ml, source).GetColumn<float[]>("Embedding").Count());
        Assert.Equal([6, 6], model.WindowSizes);
    }

    [Fact]
    public void NothingIsEmbeddedWhereTheColumnIsNotAskedFor()
    {
        SpyView source = new(Row.View(_ml, 100));
        FakeEmbedding model = new();
        IDataView view = model.View(_ml, source);
        using (DataViewRowCursor cursor = view.GetRowCursor([view.Schema["Number"]]))
        {
            Assert.False(cursor.IsColumnActive(view.Schema["Text"]));
            Assert.False(cursor.IsColumnActive(view.Schema["Embedding"]));
            ValueGetter<int> getter = cursor.GetGetter<int>(view.Schema["Number"]);
            for (int i = 0, number = -1; i < 100; i++)
            {
                Assert.True(cursor.MoveNext());
                getter(ref number);
                Assert.Equal(i, number);
            }
            Assert.False(cursor.MoveNext());
        }
        Assert.Empty(model.WindowSizes);
        Assert.Equal(["Number"], source.ActiveColumns.Distinct());
    }

    [Fact]
    public void OnlyTheTextIsReadWhereOnlyTheEmbeddingIsAskedFor()
    {
        SpyView source = new(Row.View(_ml, 100));
        IDataView view = new FakeEmbedding().View(_ml, source);
        Assert.Equal(100, view.GetColumn<float[]>("Embedding").Count());
        Assert.Equal(["Text"], source.ActiveColumns);
    }

    [Fact]
    public void AnActiveColumnWhoseVectorsNobodyTakesCostsNothing()
    {
        FakeEmbedding model = new();
        IDataView view = model.View(_ml, Row.View(_ml, 100));
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        while (cursor.MoveNext())
            Assert.True(cursor.Position >= 0);
        Assert.Empty(model.WindowSizes);
    }

    [Fact]
    public async Task SeveralCursorsPartitionTheRows()
    {
        IDataView view = new FakeEmbedding().View(_ml, Row.View(_ml, 3000));
        DataViewRowCursor[] cursors = view.GetRowCursorSet(view.Schema, 4);
        Assert.Equal(4, cursors.Length);
        List<Read>[] parts = await Task.WhenAll(cursors.Select(cursor => Task.Run(() => ReadAll(cursor))));
        AssertPartition(parts, 3000);
    }

    [Fact]
    public void SeveralCursorsMayBeReadOneAfterTheOther()
    {
        IDataView view = new FakeEmbedding().View(_ml, Row.View(_ml, 3000));
        AssertPartition([.. view.GetRowCursorSet(view.Schema, 3).Select(ReadAll)], 3000);
    }

    [Fact]
    public void SeveralCursorsOverACachePartitionTheRows()
    {
        IDataView view = new FakeEmbedding().View(_ml, _ml.Data.Cache(Row.View(_ml, 3000)));
        DataViewRowCursor[] cursors = view.GetRowCursorSet(view.Schema, 4);
        AssertPartition([.. cursors.AsParallel().WithDegreeOfParallelism(4).Select(ReadAll)], 3000);
    }

    [Fact]
    public void OrderSurvivesTransformsThatReadItOnSeveralCursors()
    {
        // ML.NET's row mappers take a cursor set of what is before them and put its rows back in order by their batches.
        IDataView view = new FakeEmbedding().View(_ml, Row.View(_ml, 3000));
        IDataView after = _ml.Transforms.Concatenate("Both", "Embedding", "Known").Fit(view).Transform(view);
        Assert.Equal(Enumerable.Range(0, 3000).Select(i => (float)i), after.GetColumn<float[]>("Both").Select(vector => vector[0]));
    }

    [Fact]
    public void AnEmptyViewStaysEmpty()
    {
        FakeEmbedding model = new();
        IDataView view = model.View(_ml, Row.View(_ml, 0));
        Assert.Empty(view.GetColumn<float[]>("Embedding"));
        Assert.Empty(view.GetRowCursorSet(view.Schema, 4).SelectMany(ReadAll));
        Assert.Empty(model.WindowSizes);
    }

    [Fact]
    public void ShufflingFollowsTheSeedAndKeepsRowsWhole()
    {
        IDataView view = new FakeEmbedding().View(_ml, _ml.Data.Cache(Row.View(_ml, 500)));
        Assert.True(view.CanShuffle);
        int[] first = ShuffledNumbers(view, 3), again = ShuffledNumbers(view, 3), other = ShuffledNumbers(view, 4);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.NotEqual(Enumerable.Range(0, 500), first);
        Assert.Equal(Enumerable.Range(0, 500), first.Order());
    }

    [Fact]
    public void ACursorLeftMidwayReleasesItsSource()
    {
        SpyView source = new(Row.View(_ml, 1000));
        IDataView view = new FakeEmbedding().View(_ml, source);
        using (DataViewRowCursor cursor = view.GetRowCursor(view.Schema))
        {
            for (int i = 0; i < 100; i++)
                Assert.True(cursor.MoveNext());
            Assert.Equal(1, source.CursorsOpen);
        }
        Assert.Equal(0, source.CursorsOpen);
        Assert.True(source.RowsRead < 1000);
    }

    [Fact]
    public void CursorsOfASetLeftMidwayReleaseTheirSource()
    {
        SpyView source = new(Row.View(_ml, 3000));
        IDataView view = new FakeEmbedding().View(_ml, source);
        foreach (DataViewRowCursor cursor in view.GetRowCursorSet(view.Schema, 3))
        {
            Assert.True(cursor.MoveNext());
            cursor.Dispose();
        }
        Assert.Equal(0, source.CursorsOpen);
    }

    [Fact]
    public void TheRowCountIsTheSources()
    {
        IDataView counted = _ml.Data.Cache(Row.View(_ml, 123));
        _ = counted.GetColumn<int>("Number").Count();
        Assert.Equal(counted.GetRowCount(), new FakeEmbedding().View(_ml, counted).GetRowCount());
        IDataView uncounted = _ml.Data.FilterRowsByColumn(AsFloat(Row.View(_ml, 123)), "Number", 0, 10);
        Assert.Null(new FakeEmbedding().View(_ml, uncounted).GetRowCount());
    }

    [Fact]
    public void ACacheAfterItEmbedsOnce()
    {
        FakeEmbedding model = new();
        IDataView cached = _ml.Data.Cache(model.View(_ml, Row.View(_ml, 300)), "Embedding");
        float[][] first = [.. cached.GetColumn<float[]>("Embedding")];
        float[][] second = [.. cached.GetColumn<float[]>("Embedding")];
        Assert.Equal(first, second);
        Assert.Equal(300, model.WindowSizes.Sum());
    }

    [Fact]
    public void AFilterAfterItSeesTheRightRows()
    {
        IDataView view = new FakeEmbedding().View(_ml, AsFloat(Row.View(_ml, 500)));
        IDataView filtered = _ml.Data.FilterRowsByColumn(view, "Number", 100, 110);
        Assert.Equal(Enumerable.Range(100, 10).Select(i => (float)i), filtered.GetColumn<float[]>("Embedding").Select(v => v[0]));
    }

    [Fact]
    public void RowsThatAFilterDropsAltogetherAreNotEmbedded()
    {
        FakeEmbedding model = new();
        IDataView filtered = _ml.Data.FilterRowsByColumn(model.View(_ml, AsFloat(Row.View(_ml, 1000)), windowRows: 32), "Number", 500, 510);
        Assert.Equal(10, filtered.GetColumn<float[]>("Embedding").Count());
        Assert.InRange(model.WindowSizes.Sum(), 10, 64);
    }

    [Fact]
    public void AnErrorInTheSourceReachesTheReader()
    {
        SpyView source = new(Row.View(_ml, 1000)) { BrokenRow = 150 };
        IDataView view = new FakeEmbedding().View(_ml, source);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => view.GetColumn<float[]>("Embedding").Count());
        Assert.Equal("broken row", error.Message);
        Assert.Equal(0, source.CursorsOpen);
    }

    [Fact]
    public void CancellingTheContextStopsACursorAtItsNextWindow()
    {
        IDataView view = new FakeEmbedding().View(_ml, Row.View(_ml, 1000));
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        Assert.True(cursor.MoveNext());
        MlNet.Cancel(_ml);
        Assert.Throws<OperationCanceledException>(() =>
        {
            while (cursor.MoveNext())
                Assert.True(cursor.Position < 1000);
        });
    }

    [Fact]
    public void CancellingTheContextStopsAWindowThatIsBeingEmbedded()
    {
        FakeEmbedding model = new()
        {
            BeforeEmbed = token =>
            {
                MlNet.Cancel(_ml);
                Assert.True(token.WaitHandle.WaitOne(TimeSpan.FromSeconds(10)));
                token.ThrowIfCancellationRequested();
            },
        };
        Assert.Throws<OperationCanceledException>(() => model.View(_ml, Row.View(_ml, 10)).GetColumn<float[]>("Embedding").Count());
    }

    [Fact]
    public void ValuesThatMustNotBeKeptAreReadRowByRow()
    {
        IDataView source = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 100).Select(i => new OpaqueRow
        {
            Text = i.ToString(CultureInfo.InvariantCulture),
            Opaque = new Opaque { Number = i },
        }));
        FakeEmbedding model = new();
        OpaqueEmbeddedRow[] rows = [.. _ml.Data.CreateEnumerable<OpaqueEmbeddedRow>(model.View(_ml, source), reuseRowObject: false)];
        Assert.Equal(Enumerable.Range(0, 100), rows.Select(row => row.Opaque!.Number));
        Assert.Equal(Enumerable.Range(0, 100), rows.Select(row => (int)row.Embedding[0]));
        Assert.All(model.WindowSizes, size => Assert.Equal(1, size));
    }

    [Fact]
    public void AskingForAnInactiveColumnOrAWrongTypeIsAnError()
    {
        IDataView view = new FakeEmbedding().View(_ml, Row.View(_ml, 10));
        using DataViewRowCursor cursor = view.GetRowCursor([view.Schema["Embedding"]]);
        Assert.ThrowsAny<ArgumentException>(() => cursor.GetGetter<int>(view.Schema["Number"]));
        Assert.ThrowsAny<InvalidOperationException>(() => cursor.GetGetter<float>(view.Schema["Embedding"]));
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Embedding"]);
        VBuffer<float> value = default;
        Assert.ThrowsAny<InvalidOperationException>(() => getter(ref value));
    }

    private IDataView AsFloat(IDataView view) =>
        _ml.Transforms.Conversion.ConvertType("Number", outputKind: DataKind.Single).Fit(view).Transform(view);

    private static int[] ShuffledNumbers(IDataView view, int seed)
    {
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema, new Random(seed));
        return [.. ReadAll(cursor).Select(read => read.Number)];
    }

    private sealed record Read(int Number, long Batch, DataViewRowId Id);

    private static List<Read> ReadAll(DataViewRowCursor cursor)
    {
        List<Read> rows = [];
        using (cursor)
        {
            ValueGetter<int> getNumber = cursor.GetGetter<int>(cursor.Schema["Number"]);
            ValueGetter<VBuffer<float>> getVarying = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Varying"]);
            ValueGetter<VBuffer<float>> getEmbedding = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Embedding"]);
            ValueGetter<DataViewRowId> getId = cursor.GetIdGetter();
            VBuffer<float> varying = default, embedding = default;
            int number = 0;
            DataViewRowId id = default;
            while (cursor.MoveNext())
            {
                getNumber(ref number);
                getVarying(ref varying);
                getEmbedding(ref embedding);
                getId(ref id);
                Assert.Equal(number, embedding.GetItemOrDefault(0));
                Assert.Equal(Enumerable.Repeat((float)number, number % 5), varying.DenseValues());
                rows.Add(new Read(number, cursor.Batch, id));
            }
        }
        return rows;
    }

    private static void AssertPartition(IReadOnlyList<List<Read>> parts, int count)
    {
        Assert.Equal(Enumerable.Range(0, count), parts.SelectMany(part => part).Select(read => read.Number).Order());
        Assert.Equal(count, parts.SelectMany(part => part).Select(read => read.Id).Distinct().Count());
        Assert.All(parts, part => Assert.Equal(part.Select(read => read.Batch).Order(), part.Select(read => read.Batch)));
        // Batches are what ML.NET puts the rows of a set back in order by: each belongs to one cursor.
        IEnumerable<long> batches = parts.SelectMany(part => part.Select(read => read.Batch).Distinct());
        Assert.Equal(batches.Count(), batches.Distinct().Count());
        IEnumerable<Read> merged = parts.SelectMany(part => part).GroupBy(read => read.Batch).OrderBy(batch => batch.Key).SelectMany(batch => batch);
        Assert.Equal(Enumerable.Range(0, count), merged.Select(read => read.Number));
    }
}

/// <summary>A value of a kind that ML.NET knows nothing about.</summary>
internal sealed class Opaque
{
    public int Number { get; set; }
}

internal sealed class OpaqueType() : StructuredDataViewType(typeof(Opaque))
{
    public override bool Equals(DataViewType? other) => other is OpaqueType;

    public override int GetHashCode() => typeof(OpaqueType).GetHashCode();
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class OpaqueAttribute : DataViewTypeAttribute
{
    public override bool Equals(DataViewTypeAttribute? other) => other is OpaqueAttribute;

    public override int GetHashCode() => typeof(OpaqueAttribute).GetHashCode();

    public override void Register() => DataViewTypeManager.Register(new OpaqueType(), typeof(Opaque), this);
}

internal sealed class OpaqueRow
{
    public string? Text { get; set; }

    [Opaque]
    public Opaque? Opaque { get; set; }
}

internal sealed class OpaqueEmbeddedRow
{
    [Opaque]
    public Opaque? Opaque { get; set; }

    public float[] Embedding { get; set; } = [];
}
