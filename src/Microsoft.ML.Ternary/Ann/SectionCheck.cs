// When the bytes of a section are held against their checksum: reading them all is what opening must not do.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>When a section of a mapped file is checked. What is read from a stream is always checked as it is read.</summary>
internal enum SectionCheck
{
    /// <summary>As it is asked for: for what is read there and then.</summary>
    Now,

    /// <summary>By <see cref="VectorIndex.Verify"/> only: for what is large and seldom touched. No byte of it may lead anywhere.</summary>
    OnDemand,
}
