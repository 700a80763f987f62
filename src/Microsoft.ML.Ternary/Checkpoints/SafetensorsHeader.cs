// The header of a safetensors file: eight bytes of length, then JSON that says where each tensor lies. Everything in it is
// checked here, before a byte of data is touched, so that no crafted or damaged file makes a reader look outside its data.
using System.Buffers.Binary;
using System.Text.Json;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its dimensions, outermost first; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin, counted from the end of the header.</param>
/// <param name="Length">Its length in bytes.</param>
public sealed record TensorInfo(string Name, TensorType Type, IReadOnlyList<long> Shape, long Offset, long Length)
{
    /// <summary>Number of elements.</summary>
    public long Count => Length / Type.Size();
}

/// <summary>A checked safetensors header.</summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The longest header that the format allows.</summary>
    public const int MaxLength = 100_000_000;

    private const string MetadataKey = "__metadata__";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    private readonly string _file;
    private readonly Dictionary<string, TensorInfo> _tensors = [];
    private readonly Dictionary<string, string> _metadata = [];

    private SafetensorsHeader(string file) => _file = file;

    public IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>The length of the JSON, from the first eight bytes of a file of <paramref name="fileLength"/> bytes.</summary>
    /// <exception cref="CheckpointException">The length cannot be right.</exception>
    public static int ReadLength(ReadOnlySpan<byte> firstBytes, long fileLength, string file)
    {
        if (fileLength < 8 || firstBytes.Length < 8)
            throw new CheckpointException(file, null, $"is {fileLength} bytes long, too short for a safetensors file; it is damaged or of another format.");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(firstBytes);
        if (length is < 2 or > MaxLength || (long)length > fileLength - 8)
            throw new CheckpointException(file, null, $"says that its header is {length} bytes long, in a file of {fileLength} bytes; it is truncated or not a safetensors file.");
        return (int)length;
    }

    /// <summary>Reads and checks the JSON of a file whose data is <paramref name="dataLength"/> bytes long.</summary>
    /// <exception cref="CheckpointException">The header contradicts the format or the data's length.</exception>
    public static SafetensorsHeader Parse(ReadOnlyMemory<byte> json, long dataLength, string file)
    {
        SafetensorsHeader header = new(file);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            // The format asks for '{' as the first byte, so that a header cannot hide behind white space.
            if (json.Span[0] != (byte)'{' || document.RootElement.ValueKind != JsonValueKind.Object)
                throw header.Wrong(null, "its header is not a JSON object");
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
                header.Add(property);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(file, null, "its header is not valid JSON; the file is damaged or not a safetensors file.", e);
        }
        header.CheckLayout(dataLength);
        return header;
    }

    private void Add(JsonProperty property)
    {
        if (property.Name != MetadataKey)
        {
            _tensors.Add(property.Name, ReadTensor(property.Name, property.Value));
            return;
        }
        if (property.Value.ValueKind != JsonValueKind.Object)
            throw Wrong(MetadataKey, "is not a JSON object");
        foreach (JsonProperty entry in property.Value.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.String)
                throw Wrong($"{MetadataKey}.{entry.Name}", "is not a string");
            _metadata.Add(entry.Name, entry.Value.GetString()!);
        }
    }

    private TensorInfo ReadTensor(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Wrong(name, "is not a JSON object");
        foreach (JsonProperty field in value.EnumerateObject())
            if (field.Name is not ("dtype" or "shape" or "data_offsets"))
                throw Wrong(name, $"has the unknown field \"{field.Name}\"");
        if (!value.TryGetProperty("dtype", out JsonElement dtype) || dtype.ValueKind != JsonValueKind.String)
            throw Wrong(name, "has no dtype");
        if (!TensorTypes.TryParse(dtype.GetString(), out TensorType type))
            throw Wrong(name, $"has the dtype \"{dtype.GetString()}\", which is not supported");
        long[] shape = ReadNumbers(name, value, "shape");
        long[] offsets = ReadNumbers(name, value, "data_offsets");
        if (offsets.Length != 2 || offsets[0] > offsets[1])
            throw Wrong(name, "has data_offsets that are not a begin and an end");
        long length = offsets[1] - offsets[0];
        if (ByteLength(shape, type) is not long expected)
            throw Wrong(name, $"has a shape [{string.Join(", ", shape)}] that is too large");
        if (expected != length)
            throw Wrong(name, $"takes {length} bytes, but its shape [{string.Join(", ", shape)}] in {type.HeaderName()} needs {expected}");
        return new TensorInfo(name, type, shape, offsets[0], length);
    }

    private long[] ReadNumbers(string name, JsonElement tensor, string field)
    {
        if (!tensor.TryGetProperty(field, out JsonElement array) || array.ValueKind != JsonValueKind.Array)
            throw Wrong(name, $"has no {field}");
        long[] numbers = new long[array.GetArrayLength()];
        for (int i = 0; i < numbers.Length; i++)
            if (array[i].ValueKind != JsonValueKind.Number || !array[i].TryGetInt64(out numbers[i]) || numbers[i] < 0)
                throw Wrong(name, $"has a {field} that is not a list of whole numbers");
        return numbers;
    }

    /// <summary>Bytes of a tensor, or null where the number overflows.</summary>
    internal static long? ByteLength(ReadOnlySpan<long> shape, TensorType type)
    {
        Int128 bytes = type.Size();
        foreach (long dimension in shape)
        {
            // A zero further on must not excuse an overflow before it, so the product is bounded at each step.
            bytes *= dimension;
            if (bytes > long.MaxValue)
                return null;
        }
        return (long)bytes;
    }

    /// <summary>Tensors must follow one another without overlap or hole and end where the file ends.</summary>
    private void CheckLayout(long dataLength)
    {
        long end = 0;
        foreach (TensorInfo tensor in _tensors.Values.OrderBy(t => t.Offset).ThenBy(t => t.Length))
        {
            if (tensor.Offset < end)
                throw Wrong(tensor.Name, $"begins at byte {tensor.Offset} of the data, inside the tensor before it, which ends at {end}");
            if (tensor.Offset > end)
                throw Wrong(tensor.Name, $"begins at byte {tensor.Offset} of the data and leaves a hole after {end}");
            end = tensor.Offset + tensor.Length;
            if (end > dataLength)
                throw Wrong(tensor.Name, $"ends at byte {end} of the data, of which there are only {dataLength}; the file is truncated");
        }
        if (end != dataLength)
            throw Wrong(null, $"has {dataLength} bytes of data, but its tensors take only {end}");
    }

    private CheckpointException Wrong(string? field, string problem) =>
        new(_file, field, problem + "; the file is damaged or not a valid safetensors file.");
}
