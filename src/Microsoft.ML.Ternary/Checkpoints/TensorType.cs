// The element types that a safetensors file may name.
using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Element type of a stored tensor, by the name it has in a safetensors header.</summary>
[SuppressMessage("Design", "CA1720:Identifier contains type name", Justification = "These are the format's own names.")]
public enum TensorType
{
    /// <summary>Boolean, one byte.</summary>
    Bool,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>8-bit float with 5 bits of exponent.</summary>
    F8_E5M2,

    /// <summary>8-bit float with 4 bits of exponent.</summary>
    F8_E4M3,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>IEEE binary16.</summary>
    F16,

    /// <summary>The upper half of a float32.</summary>
    BF16,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>IEEE binary32.</summary>
    F32,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>IEEE binary64.</summary>
    F64,
}

internal static class TensorTypes
{
    /// <summary>The type that a safetensors header calls <paramref name="name"/>.</summary>
    public static bool TryParse(string? name, out TensorType type)
    {
        if (name == "BOOL")
        {
            type = TensorType.Bool;
            return true;
        }
        // Enum.TryParse would also accept numbers, lists and "Bool"; the header's names are exact.
        return Enum.TryParse(name, out type) && type != TensorType.Bool && type.ToString() == name;
    }

    /// <summary>The name of a type in a safetensors header.</summary>
    public static string HeaderName(this TensorType type) => type == TensorType.Bool ? "BOOL" : type.ToString();

    /// <summary>Bytes of one element.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.Bool or TensorType.U8 or TensorType.I8 or TensorType.F8_E5M2 or TensorType.F8_E4M3 => 1,
        TensorType.U16 or TensorType.I16 or TensorType.F16 or TensorType.BF16 => 2,
        TensorType.U32 or TensorType.I32 or TensorType.F32 => 4,
        _ => 8,
    };
}
