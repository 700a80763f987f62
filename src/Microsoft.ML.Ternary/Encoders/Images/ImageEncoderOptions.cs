// What a caller may choose when an image model is run: what all encoders offer, so far.
namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Options of an <see cref="ImageEncoder"/>.</summary>
public sealed record ImageEncoderOptions : EncoderOptions;
