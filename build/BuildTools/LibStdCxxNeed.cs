// TorchSharp 0.107's libLibTorchSharp.so was built with GCC 13 and needs GLIBCXX_3.4.32, which Debian 12 and Ubuntu 22.04
// (3.4.30) lack, for one symbol: std::ios_base_library_init(), a function without arguments that does what
// std::ios_base::Init::Init() of GLIBCXX_3.4 does on older systems (its "this" is not used). So the undefined symbol is
// renamed to the older one, takes the older one's version index, and the need for 3.4.32 is marked weak.
// The layout of the file does not change; a file that was mended already is left alone.
using System.Buffers.Binary;
using System.Text;

namespace BuildTools;

internal sealed class LibStdCxxNeed
{
    public const string MissingVersion = "GLIBCXX_3.4.32";
    private const string PresentVersion = "GLIBCXX_3.4";
    private const string NewSymbol = "_ZSt21ios_base_library_initv";
    private const string OldSymbol = "_ZNSt8ios_base4InitC1Ev";
    private const uint ElfMagic = 0x464c457f;
    private const byte Elf64 = 2;
    private const uint SectionDynamicSymbols = 11;
    private const uint SectionVersionSymbols = 0x6fffffff;
    private const uint SectionVersionNeeds = 0x6ffffffe;
    private const ushort WeakVersion = 2;
    private const int SymbolSize = 24;

    private readonly byte[] _file;
    private long _symbols, _symbolsSize, _strings, _symbolVersions, _needs;

    private LibStdCxxNeed(byte[] file) => _file = file;

    /// <summary>Rewrites the library in place, through a temporary file, and says what was done.</summary>
    public static string Relax(string path)
    {
        var library = new LibStdCxxNeed(File.ReadAllBytes(path));
        string outcome = library.Relax();
        if (outcome != "patched")
            return outcome;
        DateTime written = File.GetLastWriteTimeUtc(path);
        string temporary = path + "." + Environment.ProcessId + ".tmp";
        File.WriteAllBytes(temporary, library._file);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(temporary, File.GetUnixFileMode(path));
        // The same time stamp and size: an incremental build does not copy the original back.
        File.SetLastWriteTimeUtc(temporary, written);
        File.Move(temporary, path, overwrite: true);
        return outcome;
    }

    private string Relax()
    {
        if (U32(0) != ElfMagic || _file[4] != Elf64)
            return "not a 64-bit ELF file, left alone";
        FindSections();
        (int presentIndex, int missingIndex, long missingNeed) = FindNeeds();
        if (missingNeed == 0)
            return "does not need " + MissingVersion + ", left alone";
        if ((U16(missingNeed + 4) & WeakVersion) != 0)
            return "patched already";
        List<int> users = Enumerable.Range(0, (int)(_symbolsSize / SymbolSize))
            .Where(i => (U16(_symbolVersions + 2 * i) & 0x7fff) == missingIndex).ToList();
        if (presentIndex < 0 || users.Count != 1 || NameOf(users[0]) != NewSymbol)
            return "needs " + MissingVersion + " for more than the one known symbol, left alone";

        Write16(_symbolVersions + 2 * users[0], (ushort)presentIndex);
        byte[] name = Encoding.ASCII.GetBytes(OldSymbol + "\0");
        name.CopyTo(_file, _strings + U32(_symbols + SymbolSize * users[0]));
        Write16(missingNeed + 4, (ushort)(U16(missingNeed + 4) | WeakVersion));
        return "patched";
    }

    private void FindSections()
    {
        long table = (long)U64(0x28);
        int entrySize = U16(0x3A), entries = U16(0x3C), stringSection = 0;
        for (int i = 0; i < entries; i++)
        {
            long section = table + i * entrySize;
            long offset = (long)U64(section + 0x18);
            switch (U32(section + 4))
            {
                case SectionDynamicSymbols:
                    _symbols = offset;
                    _symbolsSize = (long)U64(section + 0x20);
                    stringSection = (int)U32(section + 0x28);
                    break;
                case SectionVersionSymbols:
                    _symbolVersions = offset;
                    break;
                case SectionVersionNeeds:
                    _needs = offset;
                    break;
            }
        }
        _strings = (long)U64(table + stringSection * entrySize + 0x18);
    }

    private (int PresentIndex, int MissingIndex, long MissingNeed) FindNeeds()
    {
        int presentIndex = -1, missingIndex = -1;
        long missingNeed = 0;
        for (long need = _needs; ;)
        {
            long version = need + U32(need + 8);
            for (int left = U16(need + 2); left > 0; left--)
            {
                string name = StringAt(U32(version + 8));
                if (name == PresentVersion)
                    presentIndex = U16(version + 6);
                if (name == MissingVersion)
                    (missingIndex, missingNeed) = (U16(version + 6), version);
                version += U32(version + 12);
            }
            uint next = U32(need + 12);
            if (next == 0)
                return (presentIndex, missingIndex, missingNeed);
            need += next;
        }
    }

    private string NameOf(int symbol) => StringAt(U32(_symbols + SymbolSize * symbol));

    private string StringAt(long offset)
    {
        ReadOnlySpan<byte> rest = _file.AsSpan((int)(_strings + offset));
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    private ushort U16(long offset) => BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan((int)offset));

    private uint U32(long offset) => BinaryPrimitives.ReadUInt32LittleEndian(_file.AsSpan((int)offset));

    private ulong U64(long offset) => BinaryPrimitives.ReadUInt64LittleEndian(_file.AsSpan((int)offset));

    private void Write16(long offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_file.AsSpan((int)offset), value);
}
