// CRC-32C (Castagnoli), the checksum of a model file: processors compute it in one instruction, at more bytes a second than a
// disk delivers, and it finds every error of up to 32 bits in a row and all but one in four thousand million others.
using System.Buffers.Binary;
using System.Numerics;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Computes CRC-32C over pieces of data.</summary>
internal struct Crc32C
{
    private uint _state;

    public Crc32C() => _state = uint.MaxValue;

    public readonly uint Value => ~_state;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        uint state = _state;
        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (byte b in bytes)
            state = BitOperations.Crc32C(state, b);
        _state = state;
    }
}
