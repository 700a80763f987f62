// Disks fill and folders go while a run goes on for hours.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public sealed class CheckpointFailureTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ACheckpointThatCannotBeWrittenIsToldAndTheModelIsTheSame()
    {
        byte[] expected = TinyDistillation.Bytes(TinyDistillation.Run(new() { Steps = 8, Seed = 7 }).Model);
        DistillationOptions options = Options();
        var progress = new TinyDistillation.Recorder(p => RemoveFolderAfter(3, p));

        DistillationResult result = TinyDistillation.Run(options, progress);

        Assert.Equal(expected, TinyDistillation.Bytes(result.Model));
        Assert.Equal(result.Report.Warnings, progress.Warnings);
        Assert.True(result.Report.Warnings.Count >= 2);
        Assert.Contains("step 3 was not kept", result.Report.Warnings[0]);
        Assert.Contains("step 8 was not kept", result.Report.Warnings[^1]);
        Assert.Contains(options.CheckpointPath!, result.Report.Warnings[^1]);
    }

    [Fact]
    public void ARunThatIsStoppedAndCannotKeepItsStateHandsOverTheModel()
    {
        using var stop = new CancellationTokenSource();
        var progress = new TinyDistillation.Recorder(p =>
        {
            RemoveFolderAfter(3, p);
            if (p.Step == 5 && p.Warning is null)
                stop.Cancel();
        });
        DistillationInterruptedException error = Assert.Throws<DistillationInterruptedException>(() => TinyDistillation.Run(Options(), progress, stop.Token));
        Assert.Equal(5, error.Step);
        Assert.IsType<CheckpointException>(error.InnerException);
        Assert.All(error.Model.Weights.Layers.SelectMany(layer => layer.Linears()), part => Assert.IsType<TernaryLinearWeights>(part.Weights));
    }

    [Fact]
    public void AFolderThatDoesNotExistIsNoticedBeforeTraining() =>
        Assert.Contains("absent", Assert.Throws<CheckpointException>(
            () => TinyDistillation.Run(new() { Steps = 1, CheckpointPath = Path.Combine(_folder.Path, "absent", "checkpoint") })).Message);

    private DistillationOptions Options() => new()
    {
        Steps = 8,
        Seed = 7,
        CheckpointPath = Path.Combine(Directory.CreateDirectory(_folder.File("gone")).FullName, "checkpoint"),
        CheckpointInterval = TimeSpan.FromTicks(1),
    };

    private void RemoveFolderAfter(int step, DistillationProgress progress)
    {
        if (progress.Step == step && Directory.Exists(_folder.File("gone")))
            Directory.Delete(_folder.File("gone"), recursive: true);
    }
}
