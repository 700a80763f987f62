// Memory that runs out in the middle of a batch.
using System.Runtime.InteropServices;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;
using TorchSharp;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public class MemoryShortageTests
{
    private static readonly DistillationOptions Options = new() { Precision = MatrixPrecision.Float32, Threads = 1 };

    [Fact]
    public void ABatchIsBegunAgainInSmallerPartsAndItsFirstTryForgotten()
    {
        TrainingBatch batch = Batch();
        int most = Padded(batch) / 5;
        int parts = 0;
        using var small = new DistillationTrainer(TinyDistillation.Teacher, Options);
        small.BeforePart = part =>
        {
            // The first part succeeds, so that there are gradients to forget.
            if (++parts > 1 && Padded(part) > most)
                throw new ExternalException("[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.");
        };
        small.TokensAtOnce = Padded(batch) / 2;
        double loss = small.AddGradients(batch, TestContext.Current.CancellationToken);
        small.Step(1e-3, 1);
        Assert.InRange(small.TokensAtOnce, 1, Padded(batch) / 4);

        using var same = new DistillationTrainer(TinyDistillation.Teacher, Options);
        same.TokensAtOnce = small.TokensAtOnce;
        Assert.Equal(same.AddGradients(batch, TestContext.Current.CancellationToken), loss);
        same.Step(1e-3, 1);
        Assert.Equal(same.Trainables.Select(trainable => trainable.Values), small.Trainables.Select(trainable => trainable.Values));
    }

    [Fact]
    public void WhereNotEvenOneTextFitsTheErrorSaysWhatToDo()
    {
        using var trainer = new DistillationTrainer(TinyDistillation.Teacher, Options);
        int smallest = int.MaxValue;
        trainer.BeforePart = part =>
        {
            smallest = Math.Min(smallest, part.Sequences.Count);
            throw new OutOfMemoryException();
        };
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => trainer.AddGradients(Batch(), TestContext.Current.CancellationToken));
        Assert.Contains("MaxLength", error.Message);
        Assert.IsType<OutOfMemoryException>(error.InnerException);
        Assert.Equal(1, smallest);
    }

    [Fact]
    public void ARunTellsThatMemoryRanShortAndGoesOn()
    {
        var progress = new TinyDistillation.Recorder();
        using var run = new DistillationRun(
            TinyDistillation.Teacher, () => TinyDistillation.Corpus, Options with { Steps = 4 }, progress, TestContext.Current.CancellationToken);
        run.Trainer.BeforePart = part => { if (Padded(part) > 100) throw new OutOfMemoryException(); };
        DistillationReport report = run.Run().Report;
        Assert.Equal(4, report.Steps);
        Assert.Contains("Memory ran short", report.Warnings[0]);
        Assert.Equal(report.Warnings, progress.Warnings);
    }

    [Fact]
    public void AnyOtherFailureIsNotTriedAgain()
    {
        using var trainer = new DistillationTrainer(TinyDistillation.Teacher, Options);
        int tries = 0;
        trainer.BeforePart = _ => { tries++; throw new ExternalException("mat1 and mat2 shapes cannot be multiplied"); };
        Assert.Throws<ExternalException>(() => trainer.AddGradients(Batch(), TestContext.Current.CancellationToken));
        Assert.Equal(1, tries);
    }

    [Fact]
    public void LibtorchsOwnWordsAreUnderstood()
    {
        Exception? failure = Record.Exception(() => torch.empty(1L << 50).Dispose());
        Assert.NotNull(failure);
        Assert.True(MemoryShortage.Caused(failure), $"{failure.GetType()}: {failure.Message}");
        Assert.True(MemoryShortage.Caused(new InvalidOperationException("", new ExternalException("CUDA out of memory. Tried to allocate 2.00 GiB"))));
        Assert.False(MemoryShortage.Caused(new InvalidOperationException("not enough memory")));
    }

    private static TrainingBatch Batch()
    {
        TextTokenizer tokenizer = TextTokenizer.Create(TinyDistillation.Teacher.Tokenizer);
        return new TrainingBatch([.. TinyDistillation.Corpus.Take(32).Select(text => tokenizer.Encode(text)).OrderBy(ids => ids.Length)]);
    }

    private static int Padded(TrainingBatch batch) => batch.Sequences.Count * batch.Sequences.Max(ids => ids.Length);
}
