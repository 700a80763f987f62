// NumPy's .npy, version 1.0: magic, a Python dictionary padded to a multiple of 64 bytes, then little-endian float32 in C
// order. The number of rows is known only at the end, so the header keeps room for it and is written twice.
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Ternary.Encoders;

namespace Samples.EmbedFile;

internal sealed class NpyWriter : EmbeddingWriter
{
    private const int HeaderBytes = 128;

    private readonly int _dimension;
    private long _rows;

    public NpyWriter(string path, int dimension)
        : base(path)
    {
        _dimension = dimension;
        Stream.Write(Header(0, dimension));
    }

    public override void Write(TokenBatch tokens, ReadOnlySpan<float> embeddings, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ReadOnlySpan<float> values = embeddings[..(tokens.Count * _dimension)];
        if (BitConverter.IsLittleEndian)
            Stream.Write(MemoryMarshal.AsBytes(values));
        else
            WriteLittleEndian(values);
        _rows += tokens.Count;
    }

    protected override void Complete()
    {
        Stream.Position = 0;
        Stream.Write(Header(_rows, _dimension));
    }

    private static byte[] Header(long rows, int dimension)
    {
        byte[] header = new byte[HeaderBytes];
        header.AsSpan().Fill((byte)' ');
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];
        magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), HeaderBytes - 10);
        Encoding.ASCII.GetBytes($"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dimension}), }}", header.AsSpan(10));
        header[^1] = (byte)'\n';
        return header;
    }

    private void WriteLittleEndian(ReadOnlySpan<float> values)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        foreach (float value in values)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
            Stream.Write(bytes);
        }
    }
}
