// Fashion-MNIST (Xiao et al., arXiv:1708.07747) is what published comparisons of indexes measure on: 60,000 images of 28 x 28
// pixels, 10,000 more to search with, Euclidean distance. Debian packages it as gzipped IDX files
// (http://yann.lecun.com/exdb/mnist describes the format).
using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Ann.Data;

/// <summary>Reads the images as vectors of pixels, 0 to 255.</summary>
internal static class FashionMnist
{
    /// <summary>Where the Debian package puts the files.</summary>
    public const string PackageFolder = "/usr/share/datasets/fashion-mnist";

    private const string TrainingImages = "train-images-idx3-ubyte", TestImages = "t10k-images-idx3-ubyte";

    // Two zero bytes, type unsigned byte, three dimensions.
    private const uint Magic = 0x00000803;

    public static AnnDataset Prepare(DatasetContext context)
    {
        string folder = context.FashionMnistFolder;
        if (Find(folder, TrainingImages) is null && folder == PackageFolder)
            context.Install("fashion-mnist");
        string training = Require(folder, TrainingImages), test = Require(folder, TestImages);
        AnnDataset dataset = new("fashion-mnist", AnnMetric.L2, Path.Combine(context.Cache, "fashion-mnist-" + Hash(training, test)),
            "Fashion-MNIST pixels: 60,000 training images, searched with the 10,000 test images");
        if (!dataset.IsPrepared)
        {
            Write(training, dataset.BasePath);
            Write(test, dataset.QueriesPath);
        }
        return dataset;
    }

    /// <summary>The pixels of an IDX file of images.</summary>
    /// <exception cref="InvalidDataException">It is no such file, or ends early.</exception>
    public static float[] ReadImages(string path, out int pixels)
    {
        using FileStream file = File.OpenRead(path);
        using Stream content = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        byte[] header = new byte[16];
        if (content.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length || BinaryPrimitives.ReadUInt32BigEndian(header) != Magic)
            throw new InvalidDataException($"{path} is not an IDX file of images.");
        int count = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4));
        pixels = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(8)) * BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(12));
        if (count <= 0 || pixels <= 0 || (long)count * pixels > int.MaxValue)
            throw new InvalidDataException($"{path} claims {count} images of {pixels} pixels.");
        byte[] bytes = new byte[count * pixels];
        if (content.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            throw new InvalidDataException($"{path} is truncated: it claims {count} images of {pixels} pixels.");
        return Array.ConvertAll(bytes, value => (float)value);
    }

    private static void Write(string images, string path)
    {
        float[] values = ReadImages(images, out int pixels);
        NpyFile.Write<float>(path, NpyFile.Float32, values, pixels);
    }

    private static string? Find(string folder, string name) =>
        new[] { name + ".gz", name }.Select(file => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    private static string Require(string folder, string name) => Find(folder, name) ?? throw new FileNotFoundException(
        $"{folder} holds no {name}.gz. Install Debian's package dataset-fashion-mnist (build/ann-data.sh fashion-mnist does), or name the folder that holds the files with --fashion-mnist FOLDER.");

    private static string Hash(params string[] paths)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in paths)
            hash.AppendData(File.ReadAllBytes(path));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
    }
}
