// The working memory of one thread of a team: what it needs besides the batch that all of them share.
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed class MemberWorkspace
{
    /// <summary>For linear layers.</summary>
    public LinearWorkspace Linear { get; } = new();

    /// <summary>Attention with its scratch memory.</summary>
    public Attention Attention { get; } = new();

    /// <summary>Adds up where time goes, while someone looks; else null.</summary>
    public StageTimes? Times
    {
        get => Linear.Times;
        set => Linear.Times = value;
    }
}
