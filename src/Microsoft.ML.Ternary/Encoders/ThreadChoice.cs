// How many threads a call is worth. Threads that share a batch meet several times in each layer, so one whose processor the system
// has given to somebody else holds up all of them, for milliseconds where the whole query takes a fraction of one. Times tell:
// where sharing took longer than one thread would have, calls stay on one thread for a while, and then it is tried again.
using System.Diagnostics;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Chooses the number of threads of calls. Any number of threads may ask and report.</summary>
/// <param name="worthwhileProducts">Multiply-adds that are worth another thread.</param>
/// <param name="maxThreads">Threads at most.</param>
/// <param name="tolerance">How many times as long as on one thread a shared call may take; times move by about 2 with the shape of
/// the batch.</param>
internal sealed class ThreadChoice(double worthwhileProducts, int maxThreads, double tolerance = 2)
{
    // A hiccup costs a millisecond of calls on one thread; a machine that stays busy, ever more, up to this.
    private static readonly long ShortestPause = Stopwatch.Frequency / 1000, LongestPause = Stopwatch.Frequency / 5;

    private readonly Lock _lock = new();
    private double _ticksPerProduct = double.PositiveInfinity;
    private long _pause = ShortestPause;
    private long _aloneUntil;

    /// <summary>The threads for a call of so many multiply-adds that begins at <paramref name="now"/>, a time stamp.</summary>
    public int Threads(double products, long now)
    {
        lock (_lock)
        {
            // A pause is for queries; what keeps one thread longer than the longest pause is worth the others whatever happened.
            bool isShort = products * _ticksPerProduct <= LongestPause;
            return now < _aloneUntil && isShort ? 1 : (int)Math.Clamp(products / worthwhileProducts, 1, maxThreads);
        }
    }

    /// <summary>Tells how long a call took from <paramref name="start"/> to <paramref name="end"/>.</summary>
    /// <param name="products">Its multiply-adds.</param>
    /// <param name="sharing">Threads that shared its batch; 1 where it ran on one thread.</param>
    /// <param name="start">When it began, a time stamp.</param>
    /// <param name="end">When it ended.</param>
    public void Report(double products, int sharing, long start, long end)
    {
        lock (_lock)
        {
            // What one thread needs: as seen, or as what threads that share would need if each were as fast as one alone.
            _ticksPerProduct = Math.Min(_ticksPerProduct, (end - start) * sharing / products);
            if (sharing == 1)
                return;
            if (end - start <= tolerance * _ticksPerProduct * products)
            {
                _pause = Math.Max(ShortestPause, _pause / 2);
                return;
            }
            _aloneUntil = end + _pause;
            _pause = Math.Min(LongestPause, 2 * _pause);
        }
    }
}
