// Vector loads that cross a cache line cost double, and arrays begin anywhere; kernels keep what they stream through here.
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

/// <summary>Memory that begins on a cache line and does not move; collected like any object.</summary>
/// <remarks>A caller that uses <see cref="Pointer"/> keeps the buffer, or what owns it, alive until it is done.</remarks>
internal sealed unsafe class AlignedBuffer<T> where T : unmanaged
{
    private const int Alignment = 64;

    private T[] _array = [];
    private int _offset;

    public AlignedBuffer(int length = 0) => Grow(length);

    /// <summary>Elements that fit.</summary>
    public int Length { get; private set; }

    public T* Pointer { get; private set; }

    public Span<T> Span => _array.AsSpan(_offset, Length);

    /// <summary>Makes room for <paramref name="length"/> elements; what the buffer held is lost, and new memory is zero.</summary>
    public void Grow(int length)
    {
        if (length <= Length)
            return;
        int slack = Alignment / sizeof(T) - 1;

        // A buffer that grows once will grow again with the next longer batch: half as much again ends that soon.
        if (Length > 0)
            length = Math.Max(length, (int)Math.Min(Length * 3L / 2, Array.MaxLength - slack));
        _array = GC.AllocateArray<T>(checked(length + slack), pinned: true);
        Length = length;
        T* start = (T*)Unsafe.AsPointer(ref _array[0]);
        _offset = (int)((Alignment - (nint)start % Alignment) % Alignment / sizeof(T));
        Pointer = start + _offset;
    }
}
