// The arithmetic of the coded stores: sums of products of a query in int8 and a row's codes, in integers, so that every processor
// gives the same number. The query lies as CodeLayout says.
//
// Why ternary codes are two bits side by side and not two bit-planes with popcounts: the planes' sum needs the query in bit-planes as
// well, eight for the same precision: 16 ANDs and popcounts for 64 components, since .NET exposes no vector popcount, where four ANDs and
// four multiply-adds do 128.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>One implementation of the sums. <c>bytes</c> is the row's <see cref="CodeLayout.CodeBytes"/>, <c>sum</c> the sum of the
/// query's components.</summary>
internal unsafe interface ICodeProducts
{
    /// <summary>Whether this machine runs it natively.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Codes -127 to 127, kept as code + 128, one to a byte.</summary>
    static abstract int Int8(sbyte* query, byte* row, int bytes, int sum);

    /// <summary>Codes -1, 0, 1, kept as code + 1, four to a byte.</summary>
    static abstract int Ternary(sbyte* query, byte* row, int bytes, int sum);

    /// <summary>Codes -1, 1, kept as 0 and 1, eight to a byte.</summary>
    static abstract int Binary(sbyte* query, byte* row, int bytes, int sum);
}
