// What token embeddings in three and in four bits share: both are small whole numbers with a scale for every 32 of them, and differ
// only in how a group's codes lie in its bytes.
using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Embeddings in few bits in groups of 32 with one float16 scale each: value = code x scale.</summary>
/// <remarks>The last group of a row is filled up with zeros.</remarks>
public abstract class GroupedEmbeddingTable : EmbeddingTable
{
    /// <summary>Values that share a scale.</summary>
    public const int GroupSize = GroupRounding.GroupSize;

    /// <summary>Values that <see cref="AddFour"/> adds.</summary>
    private protected const int LaneCount = 4;

    private readonly int _groups;
    private readonly int _groupBytes;

    /// <summary>Wraps codes and float16 scales without copying them.</summary>
    private protected GroupedEmbeddingTable(ReadOnlyMemory<byte> codes, ReadOnlyMemory<byte> scales, int rows, int columns, int bits)
        : base(rows, columns)
    {
        (Codes, ScaleBytes) = (codes, scales);
        (_groups, _groupBytes) = (Groups(columns), GroupBytes(bits));
    }

    /// <summary>The codes as they are stored.</summary>
    internal ReadOnlyMemory<byte> Codes { get; }

    /// <summary>The scales as they are stored, in float16.</summary>
    internal ReadOnlyMemory<byte> ScaleBytes { get; }

    /// <summary>Groups in a row of so many values.</summary>
    internal static int Groups(int columns) => GroupRounding.Groups(columns);

    /// <summary>Bytes of the codes of a row, of so many bits each.</summary>
    internal static int RowBytes(int columns, int bits) => Groups(columns) * GroupBytes(bits);

    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination)
    {
        RequireRow(row, destination);
        destination[..Columns].Clear();
        AddRow(row, destination);
    }

    /// <inheritdoc/>
    public override void AddRow(int row, Span<float> destination)
    {
        RequireRow(row, destination);
        ReadOnlySpan<byte> codes = Codes.Span.Slice(row * _groups * _groupBytes, _groups * _groupBytes);
        ReadOnlySpan<byte> scales = ScaleBytes.Span.Slice(2 * row * _groups, 2 * _groups);
        int whole = Columns / GroupSize;
        for (int g = 0; g < whole; g++)
            AddGroup(codes.Slice(g * _groupBytes, _groupBytes), Scale(scales, g), destination[(g * GroupSize)..]);
        if (whole < _groups)
            AddPart(codes.Slice(whole * _groupBytes, _groupBytes), Scale(scales, whole), destination[(whole * GroupSize)..Columns]);
        GC.KeepAlive(this);
    }

    /// <summary>Adds the values of one group, of which the destination takes all.</summary>
    private protected abstract void AddGroup(ReadOnlySpan<byte> codes, float scale, Span<float> destination);

    /// <summary>Adds four values that are stored as <paramref name="stored"/>, <paramref name="zero"/> for the value 0.</summary>
    private protected static void AddFour(Vector128<uint> stored, int zero, float scale, Span<float> destination)
    {
        Vector128<float> codes = Vector128.ConvertToSingle(stored.AsInt32() - Vector128.Create(zero));
        (Vector128.Create<float>(destination) + codes * scale).CopyTo(destination);
    }

    /// <summary>Rounds a table, choosing for each group the scale of least squared error among a few.</summary>
    /// <param name="source">The table.</param>
    /// <param name="bits">Bits of a code.</param>
    /// <param name="pack">Writes the 32 codes of a group to its bytes.</param>
    private protected static (byte[] Codes, byte[] Scales) Round(EmbeddingTable source, int bits, PackGroup pack)
    {
        ArgumentNullException.ThrowIfNull(source);
        GroupRounding rounding = new(bits);
        int groups = Groups(source.Columns), groupBytes = GroupBytes(bits);
        byte[] packed = new byte[checked(source.Rows * groups * groupBytes)];
        byte[] scales = new byte[source.Rows * groups * 2];
        float[] row = new float[groups * GroupSize];
        Span<int> codes = stackalloc int[GroupSize];
        for (int i = 0; i < source.Rows; i++)
        {
            source.CopyRow(i, row.AsSpan(0, source.Columns));
            for (int g = 0; g < groups; g++)
            {
                ReadOnlySpan<float> values = row.AsSpan(g * GroupSize, GroupSize);
                Half scale = rounding.BestScale(values);
                for (int j = 0; j < codes.Length; j++)
                    codes[j] = rounding.Code(values[j], (float)scale);
                BinaryPrimitives.WriteHalfLittleEndian(scales.AsSpan((i * groups + g) * 2), scale);
                pack(codes, packed.AsSpan((i * groups + g) * groupBytes, groupBytes));
            }
        }
        return (packed, scales);
    }

    private static int GroupBytes(int bits) => GroupSize * bits / 8;

    private static float Scale(ReadOnlySpan<byte> scales, int group) => (float)BinaryPrimitives.ReadHalfLittleEndian(scales[(2 * group)..]);

    private void AddPart(ReadOnlySpan<byte> codes, float scale, Span<float> destination)
    {
        Span<float> group = stackalloc float[GroupSize];
        group.Clear();
        AddGroup(codes, scale, group);
        for (int j = 0; j < destination.Length; j++)
            destination[j] += group[j];
    }

    /// <summary>Writes a group's codes to its bytes.</summary>
    private protected delegate void PackGroup(ReadOnlySpan<int> codes, Span<byte> destination);
}
