// The compact packing of ternary codes, used in files and in memory at rest: 1.6 bits a weight.
//
//   byte b of a row = (c0 + 1) + 3 (c1 + 1) + 9 (c2 + 1) + 27 (c3 + 1) + 81 (c4 + 1),   ci = code of column 5 b + i
//
// 3^5 = 243, so bytes 243 to 255 never occur. Rows begin on a byte; the columns missing in a row's last byte count as 0,
// so that equal matrices have equal bytes.
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary.Kernels.Packing;

internal static class Base3
{
    public const int CodesPerByte = 5;
    public const byte LargestByte = 242;

    private static readonly sbyte[] CodesOfByte = MakeCodes();

    public static int RowBytes(int columns) => (columns + CodesPerByte - 1) / CodesPerByte;

    /// <summary>Packs the codes -1, 0, +1 of one row.</summary>
    public static void PackRow(ReadOnlySpan<sbyte> codes, Span<byte> destination)
    {
        for (int b = 0; b < RowBytes(codes.Length); b++)
        {
            int value = 0;
            for (int i = CodesPerByte - 1; i >= 0; i--)
            {
                int column = b * CodesPerByte + i;
                value = value * 3 + 1 + (column < codes.Length ? codes[column] : 0);
            }
            destination[b] = (byte)value;
        }
    }

    /// <summary>Writes the codes of one row; the bytes are known to be at most <see cref="LargestByte"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void UnpackRow(ReadOnlySpan<byte> row, Span<sbyte> codes)
    {
        int whole = codes.Length / CodesPerByte;
        for (int b = 0; b < whole; b++)
            CodesOfByte.AsSpan(row[b] * CodesPerByte, CodesPerByte).CopyTo(codes[(b * CodesPerByte)..]);
        Span<sbyte> rest = codes[(whole * CodesPerByte)..];
        if (rest.Length > 0)
            CodesOfByte.AsSpan(row[whole] * CodesPerByte, rest.Length).CopyTo(rest);
    }

    private static sbyte[] MakeCodes()
    {
        var codes = new sbyte[(LargestByte + 1) * CodesPerByte];
        for (int value = 0; value <= LargestByte; value++)
        {
            int rest = value;
            for (int i = 0; i < CodesPerByte; i++, rest /= 3)
                codes[value * CodesPerByte + i] = (sbyte)(rest % 3 - 1);
        }
        return codes;
    }
}
