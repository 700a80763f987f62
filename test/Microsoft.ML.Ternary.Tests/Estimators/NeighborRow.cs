// Rows with a vector and ids of every type, and what a pipeline makes of them.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary.Tests.Estimators;

/// <summary>Points on a line at 0, 1, 3, 7, 15, ...: of any two neighbours the lower one is nearer.</summary>
internal sealed class NeighborRow
{
    [VectorType(2)]
    public float[] Embedding { get; set; } = [];

    public string Text { get; set; } = "";

    public sbyte SByte { get; set; }

    public byte Byte { get; set; }

    public short Int16 { get; set; }

    public ushort UInt16 { get; set; }

    public int Int32 { get; set; }

    public uint UInt32 { get; set; }

    public long Int64 { get; set; }

    public ulong UInt64 { get; set; }

    public float Single { get; set; }

    public double Double { get; set; }

    public bool Boolean { get; set; }

    public static NeighborRow Of(int number) => new()
    {
        Embedding = [MathF.ScaleB(1, number) - 1, 1],
        Text = "row " + number,
        SByte = (sbyte)(number - 5),
        Byte = (byte)(250 + number % 5),
        Int16 = (short)(-100 * number),
        UInt16 = (ushort)(40000 + number),
        Int32 = -1000000 * number,
        UInt32 = 3000000000u + (uint)number,
        Int64 = long.MinValue + number,
        UInt64 = ulong.MaxValue - (ulong)number,
        Single = number / 2f,
        Double = number / 4.0,
    };

    public static IDataView View(MLContext ml, int count = 12) => ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(Of));
}

/// <summary>Neighbours known by row number.</summary>
internal sealed class NumberedNeighbors
{
    public long[] Neighbors { get; set; } = [];

    public float[] Distances { get; set; } = [];
}

/// <summary>Neighbours known by a text.</summary>
internal sealed class NamedNeighbors
{
    public string[] Neighbors { get; set; } = [];

    public float[] Distances { get; set; } = [];
}
