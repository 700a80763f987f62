// Reads safetensors (https://github.com/huggingface/safetensors), the format of Hugging Face weights and of our own model
// file. The file is mapped into memory: a tensor can be used where it lies, and pages that nobody touches are never read.
using System.Buffers.Binary;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>An open safetensors file: a checked header and the tensors' bytes.</summary>
/// <remarks>Thread-safe. Memory handed out stays valid as long as it is referenced, also after the file object is gone.</remarks>
public sealed class SafetensorsFile
{
    private readonly SafetensorsHeader _header;
    private readonly Func<long, int, ReadOnlyMemory<byte>> _data;

    private SafetensorsFile(
        string name, SafetensorsHeader header, ReadOnlyMemory<byte> json, long dataLength, Func<long, int, ReadOnlyMemory<byte>> data)
    {
        Name = name;
        _header = header;
        HeaderJson = json;
        DataLength = dataLength;
        _data = data;
    }

    /// <summary>The file's path, or what a stream was called; for messages.</summary>
    public string Name { get; }

    /// <summary>Bytes of all tensors together.</summary>
    public long DataLength { get; }

    /// <summary>The header's JSON as it stands in the file, padding included.</summary>
    internal ReadOnlyMemory<byte> HeaderJson { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => _header.Tensors;

    /// <summary>The free text in the header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header; data is mapped, not read.</summary>
    /// <exception cref="CheckpointException">The file is absent, cannot be read, or is not a valid safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1);
            long length = stream.Length;
            byte[] start = new byte[8];
            if (length >= 8)
                stream.ReadExactly(start);
            byte[] json = new byte[SafetensorsHeader.ReadLength(start, length, path)];
            stream.ReadExactly(json);
            long begin = 8 + json.Length;
            SafetensorsHeader header = SafetensorsHeader.Parse(json, length - begin, path);
            MappedFile mapping = new(stream, length);
            return new SafetensorsFile(path, header, json, length - begin, (offset, count) => mapping.Slice(begin + offset, count));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException(path, null, "there is no such file.", e);
        }
        catch (Exception e) when (e is IOException and not CheckpointException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, null, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Checks and wraps a file that is in memory already, without copying it.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="CheckpointException">The bytes are not a valid safetensors file.</exception>
    public static SafetensorsFile FromMemory(ReadOnlyMemory<byte> bytes, string name)
    {
        int length = SafetensorsHeader.ReadLength(bytes.Span[..Math.Min(8, bytes.Length)], bytes.Length, name);
        ReadOnlyMemory<byte> json = bytes.Slice(8, length);
        ReadOnlyMemory<byte> data = bytes[(8 + length)..];
        SafetensorsHeader header = SafetensorsHeader.Parse(json, data.Length, name);
        return new SafetensorsFile(name, header, json, data.Length, (offset, count) => data.Slice((int)offset, count));
    }

    /// <summary>The bytes of a tensor where they lie, without copying.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or it is longer than 2 GiB.</exception>
    public ReadOnlyMemory<byte> GetBytes(string tensor)
    {
        TensorInfo info = Find(tensor);
        if (info.Length > Array.MaxLength)
            throw new CheckpointException(Name, tensor, $"is {info.Length} bytes long; tensors above 2 GiB are not supported.");
        return _data(info.Offset, (int)info.Length);
    }

    /// <summary>The values of an F32, F16, BF16 or F64 tensor in float32, row-major.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, it is of another type, or it is too long.</exception>
    public float[] ReadSingles(string tensor)
    {
        TensorInfo info = Find(tensor);
        ReadOnlySpan<byte> bytes = GetBytes(tensor).Span;
        if (info.Count > Array.MaxLength)
            throw new CheckpointException(Name, tensor, $"has {info.Count} values, more than an array can hold.");
        float[] values = new float[info.Count];
        switch (info.Type)
        {
            case TensorType.F32:
                LittleEndian.ToSingle(bytes, values);
                break;
            case TensorType.F16:
                LittleEndian.HalfToSingle(bytes, values);
                break;
            case TensorType.BF16:
                for (int i = 0; i < values.Length; i++)
                    values[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16);
                break;
            case TensorType.F64:
                for (int i = 0; i < values.Length; i++)
                    values[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
                break;
            default:
                throw new CheckpointException(Name, tensor, $"is {info.Type.HeaderName()}; floating-point weights were expected.");
        }
        // The span points into the mapping, which only this object is sure to hold.
        GC.KeepAlive(this);
        return values;
    }

    /// <summary>All data in order, in pieces of at most <paramref name="pieceLength"/> bytes.</summary>
    internal IEnumerable<ReadOnlyMemory<byte>> DataPieces(int pieceLength)
    {
        for (long offset = 0; offset < DataLength; offset += pieceLength)
            yield return _data(offset, (int)Math.Min(pieceLength, DataLength - offset));
    }

    private TensorInfo Find(string tensor) =>
        Tensors.TryGetValue(tensor, out TensorInfo? info) ? info : throw new CheckpointException(Name, tensor, "there is no such tensor in the file.");
}
