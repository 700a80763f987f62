// The user's own vectors, in the two formats in which vectors are passed around: .npy of float32, and .fvecs, where each vector
// follows its length as an int32 (http://corpus-texmex.irisa.fr).
using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Ann.Data;

/// <summary>Takes vectors from a file, and queries from another or from the end of the same.</summary>
internal static class OwnVectors
{
    private const int HeldOut = 1000;

    /// <exception cref="InvalidDataException">A file is in neither format, or the two do not fit together.</exception>
    public static AnnDataset Prepare(string data, string? queries, AnnMetric metric, DatasetContext context)
    {
        string name = Path.GetFileNameWithoutExtension(data);
        string source = queries is null ? $"{Path.GetFileName(data)}, its last vectors held out as queries" : $"{Path.GetFileName(data)}, searched with {Path.GetFileName(queries)}";
        AnnDataset dataset = new(name, metric, Path.Combine(context.Cache, $"{name}-{Key(data, queries, metric)}"), source);
        if (dataset.IsPrepared)
            return dataset;
        float[] vectors = Read(data, out int dimension);
        int count = vectors.Length / dimension;
        int held = queries is null ? Math.Min(HeldOut, count / 10) : 0;
        if (count - held < 20 || (queries is null && held == 0))
            throw new InvalidDataException($"{data} holds {count} vectors: too few to measure an index with.");
        float[] searched = vectors[((count - held) * dimension)..];
        if (queries is not null)
        {
            searched = Read(queries, out int other);
            if (other != dimension)
                throw new InvalidDataException($"{queries} holds vectors of {other} components, {data} of {dimension}.");
        }
        Write(dataset.BasePath, vectors.AsMemory(0, (count - held) * dimension), dimension, metric, data);
        Write(dataset.QueriesPath, searched, dimension, metric, queries ?? data);
        return dataset;
    }

    /// <summary>All vectors of a file, one after the other.</summary>
    /// <exception cref="InvalidDataException">It is in neither format, or is damaged.</exception>
    public static float[] Read(string path, out int dimension)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file {path}.");
        if (Path.GetExtension(path) == ".fvecs")
            return ReadFvecs(path, out dimension);
        if (Path.GetExtension(path) != ".npy")
            throw new InvalidDataException($"{path}: vectors come as .npy (float32, vectors x components) or .fvecs.");
        using MappedMatrix matrix = MappedMatrix.Open(path);
        dimension = matrix.Columns;
        return matrix.Values.ToArray();
    }

    private static float[] ReadFvecs(string path, out int dimension)
    {
        byte[] start = new byte[sizeof(int)];
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        dimension = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length ? BinaryPrimitives.ReadInt32LittleEndian(start) : 0;
        long rowBytes = sizeof(int) + (long)dimension * sizeof(float);
        if (dimension is < 1 or > 1 << 20 || file.Length % rowBytes != 0 || file.Length / rowBytes * dimension > int.MaxValue)
            throw new InvalidDataException($"{path} is not an .fvecs file of at most {int.MaxValue} components: its first vector claims {dimension} components, its length is {file.Length} bytes.");
        float[] values = new float[file.Length / rowBytes * dimension];
        for (int first = 0; first < values.Length; first += dimension)
        {
            if (first > 0)
                file.ReadExactly(start);
            if (BinaryPrimitives.ReadInt32LittleEndian(start) != dimension)
                throw new InvalidDataException($"{path}: vector {first / dimension} has another number of components than the first.");
            file.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan(first, dimension)));
        }
        return values;
    }

    private static void Write(string path, Memory<float> vectors, int dimension, AnnMetric metric, string origin)
    {
        for (int first = 0; first < vectors.Length; first += dimension)
        {
            Span<float> vector = vectors.Span.Slice(first, dimension);
            float norm = TensorPrimitives.Norm(vector);
            if (!float.IsFinite(norm) || (metric == AnnMetric.Cosine && norm == 0))
                throw new InvalidDataException($"{origin}: vector {first / dimension} holds NaN or infinity, or is all zeros, which has no direction under cosine.");
            if (metric == AnnMetric.Cosine)
                TensorPrimitives.Divide(vector, norm, vector);
        }
        NpyFile.Write<float>(path, NpyFile.Float32, vectors, dimension);
    }

    private static string Key(string data, string? queries, AnnMetric metric)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(metric.ToString()));
        foreach (string path in new[] { data, queries }.OfType<string>())
        {
            if (!File.Exists(path))
                throw new FileNotFoundException($"There is no file {path}.");
            using FileStream file = File.OpenRead(path);
            hash.AppendData(SHA256.HashData(file));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
    }
}
