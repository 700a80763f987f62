// What one thread of a team does of a batch: a contiguous share of its rows, and every so many heads of its attention.
namespace Microsoft.ML.Ternary.Encoders;

/// <summary>A member's share of the work on a batch.</summary>
/// <param name="workspace">The member's own memory.</param>
/// <param name="team">The team; null for a thread that does a batch alone.</param>
/// <param name="rank">The member's number in the team.</param>
internal readonly struct EncoderShare(MemberWorkspace workspace, Team? team = null, int rank = 0)
{
    // Kernels compute this many rows at once; a share of other length computes some of them for nothing.
    private const int RowBlock = 8;

    /// <summary>The member's own memory.</summary>
    public MemberWorkspace Workspace { get; } = workspace;

    /// <summary>Members of the team.</summary>
    public int Size => team?.Size ?? 1;

    /// <summary>The member's number.</summary>
    public int Rank { get; } = rank;

    /// <summary>The member's rows of a batch.</summary>
    public (int First, int Count) Rows(int rows)
    {
        int blocks = (rows + RowBlock - 1) / RowBlock;
        int first = Math.Min(rows, blocks * Rank / Size * RowBlock);
        int end = Math.Min(rows, blocks * (Rank + 1) / Size * RowBlock);
        return (first, end - first);
    }

    /// <summary>Waits for the other members.</summary>
    public void Meet()
    {
        if (team is null)
            return;
        team.Meet();
        Workspace.Times?.Add(Kernels.Stage.Wait);
    }
}
