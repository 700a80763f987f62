// Unicode's canonical decomposition, which removing accents needs. string.Normalize would do, but where globalisation is
// invariant (this repository, many containers) it returns text unchanged, and a tokenizer must not depend on that.
using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Microsoft.ML.Ternary.Encoders;

internal static class CanonicalDecompositions
{
    private const int HangulFirst = 0xAC00;
    private const int HangulLast = 0xD7A3;
    private const int LeadingFirst = 0x1100;
    private const int VowelFirst = 0x1161;
    private const int TrailingBeforeFirst = 0x11A7;
    private const int VowelCount = 21;
    private const int TrailingCount = 28;

    private static readonly FrozenDictionary<int, string> Table = Read();

    /// <summary>Appends a code point's decomposition without its nonspacing marks.</summary>
    /// <remarks>Marks are not reordered: those that ordering could move are nearly all nonspacing, and gone.</remarks>
    public static void AppendWithoutMarks(Rune rune, ref RuneBuffer destination)
    {
        int value = rune.Value;
        if (value is >= HangulFirst and <= HangulLast)
            AppendHangul(value - HangulFirst, ref destination);
        else if (Table.TryGetValue(value, out string? decomposed))
            foreach (Rune part in decomposed.EnumerateRunes())
                destination.Add(part);
        else if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
            destination.Add(rune);
    }

    // Unicode Standard, section 3.12, "Hangul Syllable Decomposition".
    private static void AppendHangul(int index, ref RuneBuffer destination)
    {
        destination.Add(new Rune(LeadingFirst + index / (VowelCount * TrailingCount)));
        destination.Add(new Rune(VowelFirst + index % (VowelCount * TrailingCount) / TrailingCount));
        if (index % TrailingCount != 0)
            destination.Add(new Rune(TrailingBeforeFirst + index % TrailingCount));
    }

    private static FrozenDictionary<int, string> Read()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("CanonicalDecompositions.txt")
            ?? throw new InvalidOperationException("The resource CanonicalDecompositions.txt is missing from the assembly; the build is broken.");
        using StreamReader reader = new(stream, Encoding.UTF8);
        Dictionary<int, string> table = [];
        while (reader.ReadLine() is string line)
        {
            if (line.StartsWith('#'))
                continue;
            Rune[] runes = [.. line.Split(' ').Select(field => new Rune(int.Parse(field, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))];
            table.Add(runes[0].Value, string.Concat(runes.Skip(1).Where(r => Rune.GetUnicodeCategory(r) != UnicodeCategory.NonSpacingMark)));
        }
        return table.ToFrozenDictionary();
    }
}

/// <summary>The few code points that one decomposes to.</summary>
internal ref struct RuneBuffer(Span<Rune> runes)
{
    private readonly Span<Rune> _runes = runes;

    /// <summary>More than the longest canonical decomposition in Unicode, four.</summary>
    public const int Capacity = 8;

    public int Count { get; private set; }

    public readonly ReadOnlySpan<Rune> Runes => _runes[..Count];

    public void Add(Rune rune) => _runes[Count++] = rune;

    public void Clear() => Count = 0;
}
