// How vectors are kept: a codec and what is kept beside it for rescoring. Each form is combined with each structure.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>A codec with its rescoring.</summary>
internal readonly record struct TunedForm(VectorCodec Codec, Rescoring Rescoring);

internal static class TunedForms
{
    /// <summary>The forms that the tuner tries. A codec that the library gains is entered here.</summary>
    public static IReadOnlyList<TunedForm> All { get; } =
    [
        new(VectorCodec.Float32, Rescoring.Auto),
        new(VectorCodec.Float16, Rescoring.Auto),
    ];
}
