// apt keeps its lists in LZ4 frames, which .NET does not read. This is the decoder of the published formats
// (lz4_Frame_format.md 1.6.4 and lz4_Block_format.md of the lz4 project), without checking the optional checksums.
using System.Buffers.Binary;

namespace Samples.Common.Corpus;

/// <summary>Decompresses LZ4 frames.</summary>
public static class Lz4Frame
{
    private const uint Magic = 0x184D2204;
    private const int MinMatch = 4;

    /// <summary>Decompresses one frame or several, one after the other.</summary>
    /// <exception cref="InvalidDataException">These are not whole LZ4 frames.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> source)
    {
        Output output = new(source.Length * 4);
        try
        {
            while (source.Length > 0)
                source = Frame(source, output);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new InvalidDataException("The LZ4 data is cut off or damaged.");
        }
        return output.ToArray();
    }

    private static ReadOnlySpan<byte> Frame(ReadOnlySpan<byte> source, Output output)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(source[..4]) != Magic)
            throw new InvalidDataException("The data does not begin as an LZ4 frame does.");
        byte flags = source.Slice(4, 1)[0];
        bool blockChecksum = (flags & 0x10) != 0, contentSize = (flags & 0x08) != 0, contentChecksum = (flags & 0x04) != 0, dictionary = (flags & 0x01) != 0;
        if (flags >> 6 != 1 || dictionary)
            throw new InvalidDataException("Only LZ4 frames of version 1 without a dictionary can be read.");
        source = source[(7 + (contentSize ? 8 : 0))..];
        while (true)
        {
            uint header = BinaryPrimitives.ReadUInt32LittleEndian(source[..4]);
            source = source[4..];
            if (header == 0)
                return source[(contentChecksum ? 4 : 0)..];
            ReadOnlySpan<byte> block = source[..(int)(header & 0x7FFFFFFF)];
            if (header >> 31 == 1)
                output.Append(block);
            else
                Block(block, output);
            source = source[(block.Length + (blockChecksum ? 4 : 0))..];
        }
    }

    // A block is a row of sequences: literals to copy, then how far back and how long a match is. The last has no match.
    private static void Block(ReadOnlySpan<byte> block, Output output)
    {
        while (true)
        {
            byte token = block[..1][0];
            block = block[1..];
            int literals = Length(token >> 4, ref block);
            output.Append(block[..literals]);
            block = block[literals..];
            if (block.IsEmpty)
                return;
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(block[..2]);
            block = block[2..];
            output.Repeat(offset, Length(token & 15, ref block) + MinMatch);
        }
    }

    private static int Length(int nibble, ref ReadOnlySpan<byte> block)
    {
        int length = nibble;
        for (byte more = (byte)(nibble == 15 ? 255 : 0); more == 255;)
        {
            more = block[..1][0];
            block = block[1..];
            length += more;
        }
        return length;
    }

    private sealed class Output(int capacity)
    {
        private byte[] _bytes = new byte[Math.Max(capacity, 1 << 16)];
        private int _count;

        public byte[] ToArray() => _bytes[.._count];

        public void Append(ReadOnlySpan<byte> bytes)
        {
            Reserve(bytes.Length);
            bytes.CopyTo(_bytes.AsSpan(_count));
            _count += bytes.Length;
        }

        // Byte by byte, since a match may reach into what it writes itself.
        public void Repeat(int offset, int length)
        {
            if (offset == 0 || offset > _count)
                throw new InvalidDataException("The LZ4 data refers to what lies before its beginning.");
            Reserve(length);
            for (int end = _count + length; _count < end; _count++)
                _bytes[_count] = _bytes[_count - offset];
        }

        private void Reserve(int more)
        {
            if (_count + more > _bytes.Length)
                Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _count + more));
        }
    }
}
