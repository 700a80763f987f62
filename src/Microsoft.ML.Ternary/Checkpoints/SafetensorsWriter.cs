// Writes safetensors. The same tensors and metadata give the same bytes, and every tensor begins at a multiple of its
// element's size, so that a mapped file can be used where it lies.
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>A tensor to be written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Bytes">Its elements, row-major and little-endian.</param>
public sealed record TensorData(string Name, TensorType Type, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>A float32 tensor that refers to <paramref name="values"/> without copying them.</summary>
    public static TensorData FromSingles(string name, float[] values, params IReadOnlyList<long> shape) =>
        new(name, TensorType.F32, shape, LittleEndian.View(values));

    internal TensorInfo Info => new(Name, Type, Shape, 0, Bytes.Length);
}

/// <summary>Writes safetensors files.</summary>
public static class SafetensorsWriter
{
    /// <summary>Tensors begin at multiples of this, counted from the beginning of the file: a cache line.</summary>
    private const int Alignment = 64;

    /// <summary>Writes a file in one step: to a temporary file beside it, then renamed.</summary>
    /// <exception cref="ArgumentException">Two tensors have the same name, or a tensor's bytes disagree with its shape.</exception>
    /// <exception cref="CheckpointException">The file could not be written; an old file of that name is as it was.</exception>
    public static void Save(string path, IReadOnlyCollection<TensorData> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        CheckpointFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>Writes to a stream, from its position on.</summary>
    /// <exception cref="ArgumentException">Two tensors have the same name, or a tensor's bytes disagree with its shape.</exception>
    public static void Write(Stream stream, IReadOnlyCollection<TensorData> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        TensorData[] ordered = Order(tensors);
        stream.Write(Header([.. ordered.Select(t => t.Info)], metadata));
        foreach (TensorData tensor in ordered)
            stream.Write(tensor.Bytes.Span);
    }

    /// <summary>Checked tensors in the order of the file.</summary>
    internal static TensorData[] Order(IReadOnlyCollection<TensorData> tensors)
    {
        HashSet<string> names = [];
        foreach (TensorData tensor in tensors)
        {
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"There are two tensors of the name {tensor.Name}.", nameof(tensors));
            if (SafetensorsHeader.ByteLength([.. tensor.Shape], tensor.Type) != tensor.Bytes.Length)
                throw new ArgumentException($"The tensor {tensor.Name} has {tensor.Bytes.Length} bytes, which disagrees with its shape [{string.Join(", ", tensor.Shape)}] in {tensor.Type.HeaderName()}.", nameof(tensors));
        }
        return [.. Order(tensors, t => t.Type, t => t.Name)];
    }

    /// <summary>The order of the file: the widest elements first, so that all of them are aligned without holes.</summary>
    internal static IEnumerable<T> Order<T>(IEnumerable<T> tensors, Func<T, TensorType> type, Func<T, string> name) =>
        tensors.OrderByDescending(t => type(t).Size()).ThenBy(name, StringComparer.Ordinal);

    /// <summary>The length and the JSON that precede the data of tensors in the order of the file.</summary>
    internal static byte[] Header(IReadOnlyList<TensorInfo> ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        using MemoryStream stream = new();
        stream.Write(stackalloc byte[8]);
        // Metadata is text of any kind, read by JSON parsers only: nothing needs escaping beyond JSON's own rules.
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
                WriteMetadata(json, metadata);
            long offset = 0;
            foreach (TensorInfo tensor in ordered)
                offset = WriteEntry(json, tensor, offset);
            json.WriteEndObject();
        }
        while (stream.Length % Alignment != 0)
            stream.WriteByte((byte)' ');
        byte[] header = stream.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - 8);
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject("__metadata__");
        foreach ((string key, string value) in metadata.OrderBy(e => e.Key, StringComparer.Ordinal))
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static long WriteEntry(Utf8JsonWriter json, TensorInfo tensor, long offset)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.HeaderName());
        json.WriteStartArray("shape");
        foreach (long dimension in tensor.Shape)
            json.WriteNumberValue(dimension);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset + tensor.Length);
        json.WriteEndArray();
        json.WriteEndObject();
        return offset + tensor.Length;
    }
}
