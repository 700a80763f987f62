// The names of the sections that indexes of every kind can have. What one kind alone has is named where it is written.
namespace Microsoft.ML.Ternary.Ann;

internal static class VectorIndexFileSections
{
    /// <summary>The vectors that are searched, one row a vector.</summary>
    public const string Codes = "codes";

    /// <summary>Parameters of the codec of <see cref="Codes"/>; left out where it has none.</summary>
    public const string Codec = "codec";

    /// <summary>The vectors that rescore what was found; left out where nothing is rescored.</summary>
    public const string Rescore = "rescore";

    /// <summary>Parameters of the codec of <see cref="Rescore"/>; left out where it has none.</summary>
    public const string RescoreCodec = "rescodec";

    /// <summary>int32 for each row: the number of its vector; left out where rows are numbered from 0.</summary>
    public const string SlotIds = "slotids";

    /// <summary>A bit for each row, lowest first, in words of 8 bytes: set where the vector is deleted; left out where none is.</summary>
    public const string Deleted = "deleted";
}
