// One call of an encoder on its way through the threads. Batches are dealt out, one thread a batch, and no thread waits for
// another; where that would leave threads without work, a query for one, the threads share one batch, each with its own rows.
// Calls are kept and used again, so that embedding allocates nothing once warm.
using System.Diagnostics;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed unsafe class EncoderCall(
    TransformerEncoder encoder, EmbeddingHead head, int dimension, EncoderOptions options, ThreadChoice threads) : ITeamWork
{
    // Where batches are dealt out less evenly than this, sharing them is faster though threads then wait for one another.
    private const double LargestImbalance = 1.1;

    private readonly BatchPlan _plan = new();
    private readonly List<EncoderWorkspace> _workspaces = [];
    private readonly List<MemberWorkspace> _members = [];
    private SequenceBatch? _tokens;
    private float* _output;
    private CancellationToken _cancellation;
    private int _size;
    private bool _isShared;
    private int _next;

    /// <summary>Embeds all sequences into rows of <paramref name="output"/>, which stays where it is until this returns.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public void Run(SequenceBatch tokens, float* output, CancellationToken cancellation)
    {
        if (tokens.Count == 0)
            return;
        _tokens = tokens;
        _output = output;
        _cancellation = cancellation;
        _next = 0;
        double products = encoder.LinearProductsPerToken * tokens.TokenCount;
        long start = Stopwatch.GetTimestamp();
        try
        {
            options.Pool.Run(threads.Threads(products, start), this);
            if (_isShared || _size == 1)
                threads.Report(products, _size, start, Stopwatch.GetTimestamp());
        }
        finally
        {
            _tokens = null;
            foreach (EncoderWorkspace workspace in _workspaces)
                workspace.Release();
        }
    }

    /// <summary>Plans batches for as many threads as there are.</summary>
    public void Begin(int size)
    {
        _size = size;
        ReadOnlySpan<int> offsets = _tokens!.Offsets;
        _plan.Make(offsets, options.BatchTokens, size);
        _isShared = size > 1 && _plan.Imbalance(size) > LargestImbalance;
        if (_isShared)
            _plan.Make(offsets, options.BatchTokens * size, 1);
        PrepareMembers(size);
    }

    /// <summary>A member's share.</summary>
    public void Run(int rank, Team team)
    {
        if (_isShared)
            RunShared(rank, team);
        else
            RunAlone(rank, team);
    }

    private void PrepareMembers(int threads)
    {
        while (_members.Count < threads)
        {
            _members.Add(new MemberWorkspace());
            _workspaces.Add(new EncoderWorkspace());
        }
        for (int i = 0; i < _members.Count; i++)
            _members[i].Times = options.Times?.Of(i);
    }

    private void RunAlone(int rank, Team team)
    {
        EncoderShare share = new(_members[rank]);
        EncoderWorkspace workspace = _workspaces[rank];
        for (int i = Interlocked.Increment(ref _next) - 1; i < _plan.Count; i = Interlocked.Increment(ref _next) - 1)
        {
            if (team.Failure is not null)
                return;
            _cancellation.ThrowIfCancellationRequested();
            Prepare(workspace, i);
            encoder.Forward(workspace, share);
            Finish(workspace, i, share);
        }
    }

    private void RunShared(int rank, Team team)
    {
        EncoderShare share = new(_members[rank], team, rank);
        EncoderWorkspace workspace = _workspaces[0];
        for (int i = 0; i < _plan.Count; i++)
        {
            if (rank == 0)
            {
                _cancellation.ThrowIfCancellationRequested();
                Prepare(workspace, i);
            }
            team.Meet();
            encoder.Forward(workspace, share);
            share.Meet();
            if (rank == 0)
                Finish(workspace, i, share);
        }
    }

    private void Prepare(EncoderWorkspace workspace, int batch)
    {
        workspace.Gather(_tokens!, _plan.Batch(batch));
        encoder.Prepare(workspace);
    }

    private void Finish(EncoderWorkspace workspace, int batch, EncoderShare share)
    {
        ReadOnlySpan<float> embeddings = head.Forward(workspace, encoder.States(workspace).Values, share.Workspace);
        ReadOnlySpan<int> sequences = _plan.Batch(batch);
        for (int i = 0; i < sequences.Length; i++)
            embeddings.Slice(i * dimension, dimension).CopyTo(new Span<float>(_output + (long)sequences[i] * dimension, dimension));
    }
}
