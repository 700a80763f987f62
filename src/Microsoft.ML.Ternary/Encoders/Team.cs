// The threads that do one piece of work together: how they begin, meet, fail and end.
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Work that several threads do together.</summary>
internal interface ITeamWork
{
    /// <summary>Is told how many threads there are, on the calling thread, before any of them begins.</summary>
    void Begin(int size)
    {
    }

    /// <summary>Does one member's share. Runs on the calling thread for rank 0.</summary>
    void Run(int rank, Team team);
}

/// <summary>The threads that share one piece of work, and where they meet.</summary>
internal sealed class Team
{
    // How often a member looks at the others' state before it gives its processor away: about 20 microseconds.
    private const int SpinsBeforeYield = 500;

    // And before it sleeps: some 10 milliseconds.
    private const int SpinsBeforeSleep = 20_000;

    private readonly List<Worker> _workers = [];
    private ITeamWork? _work;
    private ExceptionDispatchInfo? _failure;
    private int _arrived;
    private int _running;
    private volatile int _meeting;

    /// <summary>Members, the calling thread among them.</summary>
    public int Size => _workers.Count + 1;

    /// <summary>The first failure of a member.</summary>
    public ExceptionDispatchInfo? Failure => _failure;

    /// <summary>The members besides the calling thread.</summary>
    public List<Worker> Workers => _workers;

    /// <summary>Waits until every member has called this as often. Members that wait when another fails leave with an exception.</summary>
    /// <exception cref="OperationCanceledException">Another member failed.</exception>
    public void Meet()
    {
        if (Size == 1)
            return;
        int meeting = _meeting;
        if (Interlocked.Increment(ref _arrived) == Size)
        {
            _arrived = 0;
            _meeting = meeting + 1;
            return;
        }
        for (int spins = 0; _meeting == meeting; spins++)
        {
            if (Volatile.Read(ref _failure) is not null)
                throw new OperationCanceledException("Another thread of the team failed.");
            Pause(spins);
        }
    }

    internal void Clear()
    {
        _workers.Clear();
        _failure = null;
        _arrived = 0;
    }

    internal void Add(Worker worker) => _workers.Add(worker);

    internal void Run(ITeamWork work)
    {
        _work = work;
        Volatile.Write(ref _running, _workers.Count);
        for (int i = 0; i < _workers.Count; i++)
            _workers[i].Begin(this, i + 1);
        RunMember(0);
        for (int spins = 0; Volatile.Read(ref _running) > 0; spins++)
            Pause(spins);
        _work = null;
    }

    internal void RunWorker(int rank)
    {
        RunMember(rank);
        Interlocked.Decrement(ref _running);
    }

    private void RunMember(int rank)
    {
        try
        {
            _work!.Run(rank, this);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
        }
    }

    // Members work for microseconds between two meetings, so waiting for the others is spinning; but where a processor has been
    // taken away from one of them, the rest let go of theirs.
    private static void Pause(int spins)
    {
        if (spins < SpinsBeforeYield)
            Thread.SpinWait(1);
        else if (spins < SpinsBeforeSleep)
            Thread.Yield();
        else
            Thread.Sleep(1);
    }
}
