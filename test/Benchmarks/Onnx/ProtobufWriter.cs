// ONNX files are Protocol Buffers messages. The benchmark writes a dozen kinds of them, so the wire format itself, four lines a
// type, is less than a dependency on generated code would be.
using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Benchmarks.Onnx;

/// <summary>Builds one Protocol Buffers message, field by field, in the wire format
/// (https://protobuf.dev/programming-guides/encoding).</summary>
internal sealed class ProtobufWriter
{
    private const int VarintType = 0, LengthDelimitedType = 2, Fixed32Type = 5;

    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>The message so far.</summary>
    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    /// <summary>An int32, int64, bool or enumeration; negative numbers take ten bytes, as the format has it.</summary>
    public ProtobufWriter Integer(int field, long value)
    {
        Tag(field, VarintType);
        Varint((ulong)value);
        return this;
    }

    /// <summary>A float.</summary>
    public ProtobufWriter Single(int field, float value)
    {
        Tag(field, Fixed32Type);
        BinaryPrimitives.WriteSingleLittleEndian(_buffer.GetSpan(sizeof(float)), value);
        _buffer.Advance(sizeof(float));
        return this;
    }

    /// <summary>Bytes.</summary>
    public ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, LengthDelimitedType);
        Varint((ulong)value.Length);
        _buffer.Write(value);
        return this;
    }

    /// <summary>A string.</summary>
    public ProtobufWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A message inside this one.</summary>
    public ProtobufWriter Message(int field, ProtobufWriter message) => Bytes(field, message.Written);

    private void Tag(int field, int type) => Varint((ulong)(field << 3 | type));

    private void Varint(ulong value)
    {
        Span<byte> bytes = _buffer.GetSpan(10);
        int count = 0;
        for (; value > 0x7F; value >>= 7)
            bytes[count++] = (byte)(value & 0x7F | 0x80);
        bytes[count++] = (byte)value;
        _buffer.Advance(count);
    }
}
