// Where the threads of an encoder spend their time: what benchmarks ask for.
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Times added up over calls made one after another.</summary>
internal sealed class EncoderTimes
{
    private readonly List<StageTimes> _members = [];

    /// <summary>The times of a member.</summary>
    public StageTimes Of(int rank)
    {
        while (_members.Count <= rank)
            _members.Add(new StageTimes());
        return _members[rank];
    }

    /// <summary>Seconds spent in a stage by all members.</summary>
    public double Seconds(Stage stage) => _members.Sum(times => times.Seconds(stage));

    /// <summary>Forgets what was added up.</summary>
    public void Clear() => _members.ForEach(times => times.Clear());
}
