// Ids in a file, as sections with names: beside the sections of the index in its file, or by themselves in a model whose index lies
// in a file of its own.
//
//   idtype   the name of the ML.NET type: Text, Int32, ...; or RowNumber
//   ids      numbers: one value after the other; text: all characters, UTF-16; row numbers: int32, how many
//   idends   text only: int32, where each text ends among the characters
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary;

/// <summary>Reads ids.</summary>
/// <param name="section">Gives a section, or null if there is none of that name.</param>
/// <param name="source">What errors call the file.</param>
internal sealed class IdSections(Func<string, byte[]?> section, string source)
{
    public const string Type = "idtype";
    public const string Values = "ids";
    public const string Ends = "idends";

    private const string TextName = "Text";
    private const string RowNumberName = "RowNumber";

    public static byte[] Encode(PrimitiveDataViewType type) =>
        Encoding.ASCII.GetBytes(type is TextDataViewType ? TextName : type.RawType.Name);

    public static byte[] RowNumbers() => Encoding.ASCII.GetBytes(RowNumberName);

    /// <summary>Reads them from a stream of their own, as <see cref="Write"/> wrote it.</summary>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    public static NeighborIds Read(BinaryReader reader, string source)
    {
        try
        {
            int count = reader.ReadInt32();
            Dictionary<string, byte[]> sections = [];
            for (int i = 0; i < count; i++)
            {
                string name = reader.ReadString();
                int length = reader.ReadInt32();
                if (length < 0 || length > reader.BaseStream.Length - reader.BaseStream.Position)
                    throw new EndOfStreamException();
                sections[name] = reader.ReadBytes(length);
            }
            return new IdSections(sections.GetValueOrDefault, source).Read(0);
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException)
        {
            throw new InvalidDataException($"{source}: it is truncated. Save it again.", e);
        }
    }

    /// <summary>Writes ids to a stream of their own.</summary>
    public static void Write(NeighborIds ids, BinaryWriter writer)
    {
        KeyValuePair<string, byte[]>[] sections = [.. ids.Sections()];
        writer.Write(sections.Length);
        foreach ((string name, byte[] bytes) in sections)
        {
            writer.Write(name);
            writer.Write(bytes.Length);
            writer.Write(bytes);
        }
    }

    /// <summary>The ids; row numbers up to <paramref name="rows"/> if there are none.</summary>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    public NeighborIds Read(int rows)
    {
        if (section(Type) is not byte[] type)
            return new RowNumberIds(rows);
        string name = Encoding.ASCII.GetString(type);
        return name switch
        {
            TextName => ReadText(),
            RowNumberName => ReadRowNumbers(),
            nameof(SByte) => ReadNumbers<sbyte>(),
            nameof(Byte) => ReadNumbers<byte>(),
            nameof(Int16) => ReadNumbers<short>(),
            nameof(UInt16) => ReadNumbers<ushort>(),
            nameof(Int32) => ReadNumbers<int>(),
            nameof(UInt32) => ReadNumbers<uint>(),
            nameof(Int64) => ReadNumbers<long>(),
            nameof(UInt64) => ReadNumbers<ulong>(),
            nameof(Single) => ReadNumbers<float>(),
            nameof(Double) => ReadNumbers<double>(),
            _ => throw Bad($"its ids have type '{name}', which is unknown here"),
        };
    }

    private NumberIds<T> ReadNumbers<T>() where T : unmanaged => new(Get<T>(Values));

    private RowNumberIds ReadRowNumbers()
    {
        int[] count = Get<int>(Values);
        return count is [> 0] ? new RowNumberIds(count[0]) : throw Bad($"section '{Values}' does not hold a number of rows");
    }

    private TextIds ReadText()
    {
        int[] ends = Get<int>(Ends);
        for (int i = 0; i < ends.Length; i++)
        {
            if (ends[i] < (i == 0 ? 0 : ends[i - 1]))
                throw Bad($"section '{Ends}' does not ascend at {i}");
        }
        char[] characters = section(Values) is { Length: 0 } ? [] : Get<char>(Values);
        if (characters.Length != ends[^1])
            throw Bad($"section '{Values}' has {characters.Length} characters, expected {ends[^1]}");
        return new TextIds(characters, ends);
    }

    private unsafe T[] Get<T>(string name) where T : unmanaged
    {
        byte[] bytes = section(name) ?? throw Bad($"section '{name}' is missing");
        if (bytes.Length == 0 || bytes.Length % sizeof(T) != 0)
            throw Bad($"section '{name}' has {bytes.Length} bytes, which is not a whole number of {typeof(T).Name} values");
        return MemoryMarshal.Cast<byte, T>(bytes).ToArray();
    }

    private InvalidDataException Bad(string problem) => new($"{source}: {problem}. It is damaged: save it again.");
}
