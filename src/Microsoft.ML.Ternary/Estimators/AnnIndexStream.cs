// Written to like a file: notes what tells one index file from another, tells whether a file holds the very same bytes already, and
// passes the bytes on if there is somewhere to pass them.
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary;

internal sealed class AnnIndexStream(Stream? target, Stream? existing) : Stream
{
    /// <summary>The bytes at the beginning that tell index files apart: their header, which has the checksums of all that
    /// follows.</summary>
    public const int HeadBytes = VectorIndexFileHeader.Bytes;

    private readonly byte[] _head = new byte[HeadBytes];
    private byte[] _scratch = [];
    private long _length;
    private bool _same = existing is not null;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position { get => _length; set => throw new NotSupportedException(); }

    /// <summary>The checksum of the beginning.</summary>
    public uint HeadChecksum => Crc32C.Append(0, _head);

    /// <summary>Whether the existing file holds what has been written, and nothing else.</summary>
    public bool IsSame => _same && existing!.Length == _length;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_length < HeadBytes)
            buffer[..Math.Min(buffer.Length, HeadBytes - (int)_length)].CopyTo(_head.AsSpan((int)_length));
        _length += buffer.Length;
        target?.Write(buffer);
        if (_same)
            Compare(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => target?.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Compare(ReadOnlySpan<byte> buffer)
    {
        if (_scratch.Length < buffer.Length)
            _scratch = new byte[buffer.Length];
        Span<byte> there = _scratch.AsSpan(0, buffer.Length);
        _same = existing!.ReadAtLeast(there, there.Length, throwOnEndOfStream: false) == there.Length && buffer.SequenceEqual(there);
    }
}
