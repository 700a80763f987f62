// The types that an id column can have, in one place for the schema, the cursor and the file.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary;

internal static class IdTypes
{
    /// <summary>The ML.NET type of numbers of a .NET type, or null if there is none.</summary>
    public static NumberDataViewType? Number(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.SByte => NumberDataViewType.SByte,
        TypeCode.Byte => NumberDataViewType.Byte,
        TypeCode.Int16 => NumberDataViewType.Int16,
        TypeCode.UInt16 => NumberDataViewType.UInt16,
        TypeCode.Int32 => NumberDataViewType.Int32,
        TypeCode.UInt32 => NumberDataViewType.UInt32,
        TypeCode.Int64 => NumberDataViewType.Int64,
        TypeCode.UInt64 => NumberDataViewType.UInt64,
        TypeCode.Single => NumberDataViewType.Single,
        TypeCode.Double => NumberDataViewType.Double,
        _ => null,
    };

    /// <summary>Whether a column of this type can hold ids.</summary>
    public static bool CanBeId(DataViewType type) => type is TextDataViewType or NumberDataViewType;
}
