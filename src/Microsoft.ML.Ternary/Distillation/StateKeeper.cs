// What a run has reached is kept twice: in memory, for when it diverges, and on disk, for when it stops. A copy is made only where the next
// batch has shown that the weights are sound, so that there is always a state to go back to, and no bad one takes its place.
using System.Runtime.InteropServices;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Distillation;

/// <param name="path">The checkpoint; null for none.</param>
/// <param name="identity">What a run that goes on from it must agree with.</param>
/// <param name="trainer">Whose weights and moments are kept.</param>
/// <param name="heldOut">Texts to try weights on.</param>
/// <param name="warn">Told what could not be written.</param>
internal sealed class StateKeeper(string? path, string identity, DistillationTrainer trainer, HeldOutComparison heldOut, Action<string> warn)
{
    private const int TextsOfSoundness = 4;

    private float[][] _arrays = [];
    private DistillationState? _state;

    /// <summary>Whether there is a state to go back to.</summary>
    public bool HasState => _state is not null;

    /// <summary>Copies the present state over the one in memory. A checkpoint on disk would not do in its place: it may be absent, old, or
    /// impossible to write.</summary>
    public void Keep(DistillationState state)
    {
        float[][] present = Arrays();
        if (_arrays.Length == 0)
            _arrays = Array.ConvertAll(present, array => new float[array.Length]);
        Copy(present, _arrays);
        _state = state.Copy();
    }

    /// <summary>Puts the state in memory back and returns it. Where there is none the weights have never moved, and
    /// <paramref name="present"/> stays.</summary>
    public DistillationState Restore(DistillationState present)
    {
        trainer.ForgetGradients();
        if (_state is null)
            return present;
        Copy(_arrays, Arrays());
        foreach (Trainable trainable in trainer.Trainables)
            trainable.Publish();
        return _state.Copy();
    }

    /// <summary>The present state, or, where its weights are not sound, the one in memory. No batch has looked at what the latest step made, and
    /// a checkpoint of weights that it spoiled would be worth nothing. Going on from an earlier state repeats the same steps.</summary>
    public DistillationState Sound(DistillationState present)
    {
        trainer.ForgetGradients();
        return present.StepsAboveBest == 0 && (present.Step == 0 || EmbedsNumbers()) ? present : Restore(present);
    }

    /// <summary>Writes the checkpoint, where there is to be one. What cannot be written is told and returned, and is no reason to stop.</summary>
    public CheckpointException? Write(DistillationState state)
    {
        if (path is null)
            return null;
        try
        {
            DistillationCheckpoint.Save(path, trainer.Trainables, state, identity);
            return null;
        }
        catch (CheckpointException e)
        {
            warn($"The state after step {state.Step} was not kept: {e.Message}");
            return e;
        }
    }

    private bool EmbedsNumbers()
    {
        try
        {
            return heldOut.Compare(trainer.Student, Math.Min(TextsOfSoundness, heldOut.Count), default).StudentIsFinite;
        }
        catch (Exception e) when (e is ExternalException or OutOfMemoryException)
        {
            return false;
        }
    }

    private float[][] Arrays() => [.. trainer.Trainables.SelectMany(trainable => new[] { trainable.Values, trainable.FirstMoment, trainable.SecondMoment })];

    private static void Copy(float[][] from, float[][] to)
    {
        for (int i = 0; i < from.Length; i++)
            from[i].AsSpan().CopyTo(to[i]);
    }
}
