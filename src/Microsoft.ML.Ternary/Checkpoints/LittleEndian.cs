// Numbers in files are little-endian, as they are in the memory of every machine that .NET's SIMD runs on; where they are,
// arrays and files share the same bytes.
using System.Buffers;
using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Checkpoints;

internal static class LittleEndian
{
    /// <summary>The bytes of float32 values; without copying, where the machine is little-endian.</summary>
    public static ReadOnlyMemory<byte> View(ReadOnlyMemory<float> values)
    {
        if (BitConverter.IsLittleEndian)
            return new SingleBytes(MemoryMarshal.AsMemory(values)).Memory;
        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values.Span[i]);
        return bytes;
    }

    /// <summary>Float32 values rounded to float16, as bytes.</summary>
    public static byte[] ToHalfBytes(ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[values.Length * 2];
        if (BitConverter.IsLittleEndian)
            TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(bytes.AsSpan()));
        else
            for (int i = 0; i < values.Length; i++)
                BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(2 * i), (Half)values[i]);
        return bytes;
    }

    /// <summary>Float16 values in float32.</summary>
    public static void HalfToSingle(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        if (BitConverter.IsLittleEndian)
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);
        else
            for (int i = 0; i < values.Length; i++)
                values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]);
    }

    /// <summary>Float32 values from their bytes.</summary>
    public static void ToSingle(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        bytes.CopyTo(MemoryMarshal.AsBytes(values));
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, int>(values), MemoryMarshal.Cast<float, int>(values));
    }

    private sealed class SingleBytes(Memory<float> values) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(values.Span);

        public override MemoryHandle Pin(int elementIndex = 0) =>
            throw new NotSupportedException("Only spans of this memory are used.");

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
