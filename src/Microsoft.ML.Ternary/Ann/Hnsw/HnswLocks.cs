// Locks on the links of nodes while several threads write them (reading needs none). They are held for tens of nanoseconds, or some microseconds when a
// full list is chosen anew, so a spin beats a monitor; nodes share them, so that they cost nothing to speak of.
namespace Microsoft.ML.Ternary.Ann;

internal sealed class HnswLocks
{
    private const int Stripes = 1 << 14;

    // One lock a cache line.
    private const int Spacing = 16;

    private readonly int[] _taken = new int[Stripes * Spacing];

    public void Enter(int id)
    {
        ref int taken = ref _taken[Slot(id)];
        if (Interlocked.Exchange(ref taken, 1) == 0)
            return;
        SpinWait spin = default;
        do
        {
            spin.SpinOnce();
        }
        while (Interlocked.Exchange(ref taken, 1) != 0);
    }

    public void Exit(int id) => Volatile.Write(ref _taken[Slot(id)], 0);

    private static int Slot(int id) => (id & (Stripes - 1)) * Spacing;
}
