// The threads that encoders run on: started once a process, kept, and lent for one piece of work at a time. A caller gets the
// ones that are idle at that moment and does the rest itself, so the cursors of a pipeline, each with its own calls, never wait
// for one another and never run more threads than there are processors.
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Work that several threads do together.</summary>
internal interface ITeamWork
{
    /// <summary>Does one member's share. Runs on the calling thread for rank 0.</summary>
    void Run(int rank, Team team);
}

internal sealed class WorkerPool
{
    private readonly Stack<Worker> _idle = new();
    private readonly Stack<Team> _teams = new();
    private readonly int _limit;
    private int _started;

    /// <summary>Creates a pool that starts at most <paramref name="limit"/> threads.</summary>
    public WorkerPool(int limit) => _limit = limit;

    /// <summary>The pool of the process: with the caller's own thread, one thread a processor.</summary>
    public static WorkerPool Shared { get; } = new(Environment.ProcessorCount - 1);

    /// <summary>Runs <paramref name="work"/> on at most <paramref name="threads"/> threads, the calling one among them, and returns
    /// when all are done.</summary>
    /// <exception cref="Exception">The first failure of a member, as it was thrown; the others have stopped.</exception>
    public void Run(int threads, ITeamWork work)
    {
        Team team = Gather(threads);
        team.Run(work);
        ExceptionDispatchInfo? failure = team.Failure;
        Dismiss(team);
        failure?.Throw();
    }

    private Team Gather(int threads)
    {
        lock (_idle)
        {
            Team team = _teams.TryPop(out Team? used) ? used : new Team();
            team.Clear();
            while (team.Size < threads && (_idle.Count > 0 || _started < _limit))
                team.Add(_idle.TryPop(out Worker? worker) ? worker : Start());
            return team;
        }
    }

    private Worker Start()
    {
        _started++;
        return new Worker();
    }

    private void Dismiss(Team team)
    {
        lock (_idle)
        {
            foreach (Worker worker in team.Workers)
                _idle.Push(worker);
            _teams.Push(team);
        }
    }
}

/// <summary>The threads that share one piece of work, and where they meet.</summary>
internal sealed class Team
{
    // How often a member looks at the others' state before it gives its processor away: about 20 microseconds.
    private const int SpinsBeforeYield = 500;

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
            if (spins < SpinsBeforeYield)
                Thread.SpinWait(1);
            else
                Thread.Yield();
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
        {
            if (spins < SpinsBeforeYield)
                Thread.SpinWait(1);
            else
                Thread.Yield();
        }
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
}

/// <summary>One thread of a pool. After work it watches for more for a moment, because waking a thread takes longer than a short
/// query; then it sleeps.</summary>
internal sealed class Worker
{
    private static readonly long WatchTicks = System.Diagnostics.Stopwatch.Frequency / 5000;

    private readonly SemaphoreSlim _wake = new(0);
    private volatile Team? _team;
    private int _rank;
    private int _sleeping;

    public Worker() =>
        new Thread(Loop) { IsBackground = true, Name = "Ternary encoder" }.Start();

    /// <summary>Hands the thread its share of a team's work.</summary>
    public void Begin(Team team, int rank)
    {
        _rank = rank;
        _team = team;
        Interlocked.MemoryBarrier();
        if (Interlocked.Exchange(ref _sleeping, 0) == 1)
            _wake.Release();
    }

    private void Loop()
    {
        while (true)
        {
            Team team = Await();
            _team = null;
            team.RunWorker(_rank);
        }
    }

    private Team Await()
    {
        long until = System.Diagnostics.Stopwatch.GetTimestamp() + WatchTicks;
        while (true)
        {
            if (_team is { } team)
                return team;
            if (System.Diagnostics.Stopwatch.GetTimestamp() < until)
            {
                Thread.SpinWait(4);
                continue;
            }
            Sleep();
        }
    }

    // Either this thread takes its mark back, or Begin has taken it and released the semaphore.
    private void Sleep()
    {
        Volatile.Write(ref _sleeping, 1);
        Interlocked.MemoryBarrier();
        if (_team is null || Interlocked.Exchange(ref _sleeping, 0) == 0)
            _wake.Wait();
    }
}
