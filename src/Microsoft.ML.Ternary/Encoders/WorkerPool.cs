// The threads that encoders run on: started once a process, kept, and lent for one piece of work at a time. A caller gets as many
// as leave a processor to every other caller, and does the rest itself, so the cursors of a pipeline, each with its own calls,
// never wait for one another, and the pool adds no threads to more callers than there are processors.
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed class WorkerPool
{
    private readonly Stack<Worker> _idle = new();
    private readonly Stack<Team> _teams = new();
    private readonly int _limit;

    // Callers that are at work and threads lent to them.
    private int _busy;

    /// <summary>Creates a pool that lends at most <paramref name="limit"/> threads.</summary>
    public WorkerPool(int limit) => _limit = limit;

    /// <summary>The pool of the process: with the caller's own thread, one thread a processor.</summary>
    public static WorkerPool Shared { get; } = new(Environment.ProcessorCount - 1);

    /// <summary>Threads of a team at most, the caller's among them.</summary>
    public int LargestTeam => _limit + 1;

    /// <summary>Runs <paramref name="work"/> on at most <paramref name="threads"/> threads, the calling one among them, and returns
    /// when all are done.</summary>
    /// <exception cref="Exception">The first failure of a member, as it was thrown; the others have stopped.</exception>
    public void Run(int threads, ITeamWork work)
    {
        Team team = Gather(threads);
        ExceptionDispatchInfo? failure;
        try
        {
            work.Begin(team.Size);
            team.Run(work);
            failure = team.Failure;
        }
        finally
        {
            Dismiss(team);
        }
        failure?.Throw();
    }

    private Team Gather(int threads)
    {
        lock (_idle)
        {
            Team team = _teams.TryPop(out Team? used) ? used : new Team();
            team.Clear();
            _busy++;
            while (team.Size < threads && _busy <= _limit && TryTake() is { } worker)
            {
                team.Add(worker);
                _busy++;
            }
            return team;
        }
    }

    // Where the system gives no more threads, there are fewer.
    private Worker? TryTake()
    {
        if (_idle.TryPop(out Worker? worker))
            return worker;
        try
        {
            return new Worker();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            return null;
        }
    }

    private void Dismiss(Team team)
    {
        lock (_idle)
        {
            _busy -= team.Size;
            foreach (Worker worker in team.Workers)
                _idle.Push(worker);
            _teams.Push(team);
        }
    }
}
