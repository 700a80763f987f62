using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Benchmarks.Ann.Data;
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Tests.Ann;

public sealed class VectorFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_npy_file_has_NumPys_header_and_its_values_at_a_multiple_of_64()
    {
        string path = _folder.File("a.npy");
        NpyFile.Write<float>(path, NpyFile.Float32, new float[] { 1, 2, 3, 4, 5, 6 }, columns: 3);
        byte[] bytes = File.ReadAllBytes(path);
        Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, 118, 0], bytes[..10]);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".PadRight(117) + "\n", Encoding.Latin1.GetString(bytes, 10, 118));
        Assert.Equal(1f, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(128)));
        Assert.Equal(128 + 24, bytes.Length);
    }

    [Fact]
    public void Written_vectors_are_mapped_as_they_were()
    {
        string path = _folder.File("a.npy");
        float[] values = [.. Enumerable.Range(0, 21).Select(i => i / 7f)];
        NpyFile.Write<float>(path, NpyFile.Float32, values, columns: 7);
        using MappedMatrix matrix = MappedMatrix.Open(path);
        Assert.Equal((3, 7), (matrix.Rows, matrix.Columns));
        Assert.Equal(values, matrix.Values.ToArray());
        Assert.Equal(values[7..14], matrix.Row(1).ToArray());
    }

    [Fact]
    public void Written_numbers_are_read_as_they_were()
    {
        NpyFile.Write<int>(_folder.File("a.npy"), NpyFile.Int32, new[] { 3, -1, 4, 1 }, columns: 2);
        Assert.Equal([3, -1, 4, 1], NpyFile.ReadInt32(_folder.File("a.npy"), out int columns));
        Assert.Equal(2, columns);
    }

    [Theory]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", "<f4")]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", "C order")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", "two dimensions")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 300), }", "truncated")]
    public void Another_npy_file_is_refused_with_what_would_do(string header, string expected)
    {
        string path = _folder.File("a.npy");
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.Latin1.GetBytes(header), .. new byte[24]]);
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => MappedMatrix.Open(path)).Message);
    }

    [Fact]
    public void A_file_that_is_no_npy_is_refused()
    {
        File.WriteAllText(_folder.File("a.npy"), "1 2 3, which is no array");
        Assert.Contains("signature", Assert.Throws<InvalidDataException>(() => MappedMatrix.Open(_folder.File("a.npy"))).Message);
    }

    [Fact]
    public void An_fvecs_file_has_the_length_before_each_vector()
    {
        string path = _folder.File("a.fvecs");
        File.WriteAllBytes(path, [2, 0, 0, 0, .. Floats(1, 2), 2, 0, 0, 0, .. Floats(3, 4)]);
        Assert.Equal([1, 2, 3, 4], OwnVectors.Read(path, out int dimension));
        Assert.Equal(2, dimension);
    }

    [Theory]
    [InlineData(new byte[] { 2, 0, 0, 0, 1, 1, 1, 1 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 1, 1, 1, 2, 0, 0, 0, 1, 1, 1, 1 })]
    [InlineData(new byte[] { 255, 255, 255, 255 })]
    [InlineData(new byte[0])]
    public void A_damaged_fvecs_file_is_refused(byte[] content)
    {
        File.WriteAllBytes(_folder.File("a.fvecs"), content);
        Assert.Throws<InvalidDataException>(() => OwnVectors.Read(_folder.File("a.fvecs"), out _));
    }

    [Fact]
    public void Vectors_in_another_format_are_refused()
    {
        File.WriteAllText(_folder.File("a.csv"), "1,2");
        Assert.Contains(".fvecs", Assert.Throws<InvalidDataException>(() => OwnVectors.Read(_folder.File("a.csv"), out _)).Message);
    }

    [Fact]
    public void The_last_of_the_users_vectors_are_queries_and_under_cosine_all_have_norm_1()
    {
        float[] values = [.. Enumerable.Range(0, 100).SelectMany(i => new float[] { 3, 4 * (i + 1) })];
        NpyFile.Write<float>(_folder.File("own.npy"), NpyFile.Float32, values, columns: 2);
        AnnDataset dataset = DatasetKind.Own(_folder.File("own.npy"), queries: null, AnnMetric.Cosine).Prepare(Context());
        using MappedMatrix vectors = MappedMatrix.Open(dataset.BasePath), queries = MappedMatrix.Open(dataset.QueriesPath);
        Assert.Equal(("own", 90, 10), (dataset.Name, vectors.Rows, queries.Rows));
        Assert.Equal([0.6f, 0.8f], vectors.Row(0).ToArray());
        Assert.Equal(3 / MathF.Sqrt(9 + 400 * 400), queries.Row(9)[0], 1e-6f);
    }

    [Fact]
    public void The_users_queries_come_from_a_file_of_their_own_and_under_L2_nothing_is_scaled()
    {
        NpyFile.Write<float>(_folder.File("own.npy"), NpyFile.Float32, new float[200], columns: 2);
        NpyFile.Write<float>(_folder.File("q.npy"), NpyFile.Float32, new float[] { 7, 8 }, columns: 2);
        AnnDataset dataset = DatasetKind.Own(_folder.File("own.npy"), _folder.File("q.npy"), AnnMetric.L2).Prepare(Context());
        using MappedMatrix vectors = MappedMatrix.Open(dataset.BasePath), queries = MappedMatrix.Open(dataset.QueriesPath);
        Assert.Equal(100, vectors.Rows);
        Assert.Equal([7, 8], queries.Values.ToArray());
    }

    [Fact]
    public void Vectors_without_direction_are_refused_under_cosine()
    {
        NpyFile.Write<float>(_folder.File("own.npy"), NpyFile.Float32, new float[200], columns: 2);
        Assert.Contains("vector 0", Assert.Throws<InvalidDataException>(() => DatasetKind.Own(_folder.File("own.npy"), null, AnnMetric.Cosine).Prepare(Context())).Message);
    }

    [Fact]
    public void Queries_of_another_dimension_are_refused()
    {
        NpyFile.Write<float>(_folder.File("own.npy"), NpyFile.Float32, new float[200], columns: 2);
        NpyFile.Write<float>(_folder.File("q.npy"), NpyFile.Float32, new float[3], columns: 3);
        Assert.Contains("3 components", Assert.Throws<InvalidDataException>(() => DatasetKind.Own(_folder.File("own.npy"), _folder.File("q.npy"), AnnMetric.L2).Prepare(Context())).Message);
    }

    [Fact]
    public void Fashion_MNISTs_images_become_vectors_of_pixels()
    {
        WriteImages("train-images-idx3-ubyte.gz", [.. Enumerable.Range(0, 12).Select(i => (byte)i)]);
        WriteImages("t10k-images-idx3-ubyte.gz", [255, 0, 0, 0, 0, 128]);
        AnnDataset dataset = FashionMnist.Prepare(Context());
        using MappedMatrix vectors = MappedMatrix.Open(dataset.BasePath), queries = MappedMatrix.Open(dataset.QueriesPath);
        Assert.Equal(AnnMetric.L2, dataset.Metric);
        Assert.Equal((2, 6), (vectors.Rows, vectors.Columns));
        Assert.Equal([6, 7, 8, 9, 10, 11], vectors.Row(1).ToArray());
        Assert.Equal([255, 0, 0, 0, 0, 128], queries.Row(0).ToArray());
    }

    [Fact]
    public void Missing_images_are_named_with_what_brings_them() =>
        Assert.Contains("dataset-fashion-mnist", Assert.Throws<FileNotFoundException>(() => FashionMnist.Prepare(Context())).Message);

    [Fact]
    public void Truncated_images_are_refused()
    {
        WriteImages("train-images-idx3-ubyte.gz", new byte[7], count: 2);
        Assert.Contains("truncated", Assert.Throws<InvalidDataException>(() => FashionMnist.ReadImages(_folder.File("train-images-idx3-ubyte.gz"), out _)).Message);
    }

    [Fact]
    public void Synthetic_vectors_have_norm_1_and_are_the_same_each_time()
    {
        using TemporaryFolder again = new();
        AnnDataset first = DatasetKind.Parse("synthetic-500").Prepare(Context()), second = DatasetKind.Parse("synthetic-500").Prepare(Context() with { Cache = again.Path });
        Assert.Equal(File.ReadAllBytes(first.BasePath), File.ReadAllBytes(second.BasePath));
        Assert.Equal(File.ReadAllBytes(first.QueriesPath), File.ReadAllBytes(second.QueriesPath));
        using MappedMatrix vectors = MappedMatrix.Open(first.BasePath), queries = MappedMatrix.Open(first.QueriesPath);
        Assert.Equal((500, 50, 384), (vectors.Rows, queries.Rows, vectors.Columns));
        for (int row = 0; row < vectors.Rows; row++)
            Assert.Equal(1, MathF.Sqrt(vectors.Row(row).ToArray().Sum(x => x * x)), 1e-5f);
        Assert.NotEqual(vectors.Row(0).ToArray(), queries.Row(0).ToArray());
    }

    private DatasetContext Context() => new(_folder.File("cache"), _folder.Path, _ => false, CancellationToken.None);

    private static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    // Images of 2 x 3 pixels.
    private void WriteImages(string name, byte[] pixels, int count = 0)
    {
        using GZipStream file = new(File.Create(_folder.File(name)), CompressionLevel.Fastest);
        file.Write([0, 0, 8, 3, 0, 0, 0, (byte)(count > 0 ? count : pixels.Length / 6), 0, 0, 0, 2, 0, 0, 0, 3, .. pixels]);
    }
}
