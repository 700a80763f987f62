// A million vectors are 1.5 GB: every process that needs them maps the same file, so that the system holds them once.
using System.IO.MemoryMappedFiles;

namespace Benchmarks.Ann.Data;

/// <summary>The vectors of a .npy file, mapped into memory.</summary>
internal sealed unsafe class MappedMatrix : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private float* _values;

    private MappedMatrix(string path, NpyHeader header)
    {
        Rows = header.Rows;
        Columns = header.Columns;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _values = (float*)(start + _view.PointerOffset + header.DataOffset);
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>All values, row after row; valid until the matrix is disposed.</summary>
    public ReadOnlySpan<float> Values => new(_values, Rows * Columns);

    /// <summary>One vector.</summary>
    public ReadOnlySpan<float> Row(int row) => Values.Slice(row * Columns, Columns);

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">It does not hold float32 vectors, or more components than a span can hold.</exception>
    public static MappedMatrix Open(string path)
    {
        NpyHeader header = NpyFile.ReadHeader(path, NpyFile.Float32);
        if ((long)header.Rows * header.Columns > int.MaxValue)
            throw new InvalidDataException($"{path} holds {header.Rows} x {header.Columns} components, more than {int.MaxValue}: take fewer vectors.");
        return new MappedMatrix(path, header);
    }

    public void Dispose()
    {
        if (_values is null)
            return;
        _values = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
