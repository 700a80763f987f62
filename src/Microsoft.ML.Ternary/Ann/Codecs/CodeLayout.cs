// How codes lie in a row, and a query's components beside them. A kernel takes 32 bytes of a row at a time and, with F codes to a
// byte, F masks: mask f leaves the codes of 32 components of the query that lie side by side, each times a power of two that comes
// out of the sum at the end. Nothing is shifted inside the loop.
//
//   row      | 32 bytes: code f of byte j belongs to component 32 f + j | 32 bytes ... | last bytes | scale | squared norm |
//   query    | 32 F components                                           | ...          | ...        |
//
// A row's codes are padded to 8 bytes only, since memory is what codes are for. The last register ends where the codes end, so it
// overlaps the one before; the query has zeros where codes come a second time.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>The layout for vectors of a dimension with <paramref name="fields"/> codes to a byte.</summary>
internal readonly unsafe struct CodeLayout(int dimension, int fields)
{
    /// <summary>Bytes of a register.</summary>
    public const int Register = 32;

    /// <summary>Codes to a byte: 1, 4 or 8.</summary>
    public int Fields { get; } = fields;

    /// <summary>Bytes of codes in a row: a multiple of 8, at least a register.</summary>
    public int CodeBytes { get; } = Math.Max(Register, ((dimension + fields - 1) / fields + 7) / 8 * 8);

    /// <summary>Bytes of a row: codes, scale, squared norm.</summary>
    public int RowBytes => CodeBytes + 2 * sizeof(float);

    /// <summary>Components that a row has codes for, rounded up to 32: the length of vectors in memory.</summary>
    public int Length => (CodeBytes * Fields + 31) / 32 * 32;

    /// <summary>Bytes of a query.</summary>
    public int QueryBytes => (CodeBytes + Register - 1) / Register * Register * Fields;

    private int WholeRegisters => CodeBytes / Register;

    // Bytes of codes that fill no whole register.
    private int Rest => CodeBytes % Register;

    /// <summary>Puts a query's components, which lie in <see cref="Length"/> bytes one after the other, where the kernel expects them.</summary>
    public void Spread(sbyte* query)
    {
        int rest = Rest;
        if (rest == 0)
            return;
        sbyte* last = query + WholeRegisters * Register * Fields;
        // From the back, so that nothing is overwritten before it has moved.
        for (int f = Fields - 1; f >= 0; f--)
        {
            Span<sbyte> register = new(last + f * Register, Register);
            new Span<sbyte>(last + f * rest, rest).CopyTo(register[^rest..]);
            register[..^rest].Clear();
        }
    }

    /// <summary>Packs codes, a byte each, into a row.</summary>
    public void Pack(byte* codes, byte* row)
    {
        for (int at = 0; at < CodeBytes; at += Register, codes += Register * Fields)
            PackRegister(codes, row + at, Math.Min(Register, CodeBytes - at));
    }

    /// <summary>Undoes <see cref="Pack"/>.</summary>
    public void Unpack(byte* row, byte* codes)
    {
        for (int at = 0; at < CodeBytes; at += Register, codes += Register * Fields)
            UnpackRegister(row + at, codes, Math.Min(Register, CodeBytes - at));
    }

    private void PackRegister(byte* codes, byte* target, int bytes)
    {
        int bits = 8 / Fields;
        new Span<byte>(codes, bytes).CopyTo(new Span<byte>(target, bytes));
        for (int f = 1; f < Fields; f++)
        {
            for (int j = 0; j < bytes; j++)
                target[j] |= (byte)(codes[f * bytes + j] << (bits * f));
        }
    }

    private void UnpackRegister(byte* source, byte* codes, int bytes)
    {
        int bits = 8 / Fields, mask = (1 << bits) - 1;
        for (int f = 0; f < Fields; f++)
        {
            for (int j = 0; j < bytes; j++)
                codes[f * bytes + j] = (byte)(source[j] >> (bits * f) & mask);
        }
    }
}
