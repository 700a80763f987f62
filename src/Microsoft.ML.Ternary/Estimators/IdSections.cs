// Ids in the index file, beside the sections of the index itself.
//
//   idtype   the name of the ML.NET type: Text, Int32, ...
//   ids      numbers: one value after the other; text: all characters, UTF-16
//   idends   text only: int32, where each text ends among the characters
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

internal static unsafe class IdSections
{
    public const string Type = "idtype";
    public const string Values = "ids";
    public const string Ends = "idends";

    private const string TextName = "Text";

    public static byte[] Encode(PrimitiveDataViewType type) =>
        Encoding.ASCII.GetBytes(type is TextDataViewType ? TextName : type.RawType.Name);

    /// <summary>The ids of an index file; row numbers if it has none.</summary>
    public static NeighborIds Read(VectorIndexFileReader file)
    {
        MemoryBlock? type = file.TryGetSection(Type);
        if (type is null)
            return new RowNumberIds();
        string name = Encoding.ASCII.GetString(type.Pointer, (int)Math.Min(type.Length, 64));
        return name switch
        {
            TextName => ReadText(file),
            nameof(SByte) => ReadNumbers<sbyte>(file),
            nameof(Byte) => ReadNumbers<byte>(file),
            nameof(Int16) => ReadNumbers<short>(file),
            nameof(UInt16) => ReadNumbers<ushort>(file),
            nameof(Int32) => ReadNumbers<int>(file),
            nameof(UInt32) => ReadNumbers<uint>(file),
            nameof(Int64) => ReadNumbers<long>(file),
            nameof(UInt64) => ReadNumbers<ulong>(file),
            nameof(Single) => ReadNumbers<float>(file),
            nameof(Double) => ReadNumbers<double>(file),
            _ => throw file.Bad($"its ids have type '{name}', which is unknown here"),
        };
    }

    private static NumberIds<T> ReadNumbers<T>(VectorIndexFileReader file) where T : unmanaged =>
        new(Copy<T>(file.Section(Values, (long)file.Count * sizeof(T))));

    private static TextIds ReadText(VectorIndexFileReader file)
    {
        int[] ends = Copy<int>(file.Section(Ends, (long)file.Count * sizeof(int)));
        char[] characters = Copy<char>(file.Section(Values, (long)ends[^1] * sizeof(char)));
        for (int i = 0; i < ends.Length; i++)
        {
            if (ends[i] < (i == 0 ? 0 : ends[i - 1]))
                throw file.Bad($"section '{Ends}' does not ascend at {i}");
        }
        return new TextIds(characters, ends);
    }

    private static T[] Copy<T>(MemoryBlock section) where T : unmanaged
    {
        T[] values = new T[section.Length / sizeof(T)];
        new ReadOnlySpan<byte>(section.Pointer, (int)section.Length).CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        GC.KeepAlive(section);
        return values;
    }
}
