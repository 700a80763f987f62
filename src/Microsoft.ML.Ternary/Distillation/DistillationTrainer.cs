// Teacher and student on libtorch, and one step of training. It knows nothing of clocks, files and progress.
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

internal sealed class DistillationTrainer : IDisposable
{
    // Bounds memory, and the time in which a cancellation is noticed.
    private const int MostTokensAtOnce = 1024;

    private readonly TernaryRecipe _recipe;
    private readonly Device _device;
    private readonly int _paddingId;
    private readonly int _threadsBefore = torch.get_num_threads();
    private readonly TorchBert _teacher;
    private readonly TorchBert _student;
    private readonly TorchSentenceHead _head;
    private readonly DistillationLoss _loss;

    public DistillationTrainer(EmbeddingModel teacher, DistillationOptions options)
    {
        (_recipe, _device) = (options.Recipe, torch.device(options.Device));
        if (options.Threads > 0)
            torch.set_num_threads(options.Threads);
        ScalarType matrixType = MatrixTypes.Of(options.Precision);
        HashSet<string> inFullPrecision = ModelTernarizer.SelectLinears(teacher, options.FullPrecisionLayers);
        HashSet<string> twoDigits = _recipe.Digits.LayersOfTwo(teacher);
        _loss = new DistillationLoss(_recipe, teacher.Config.LayerCount, teacher.Dimension);
        _paddingId = TorchTextEncoder.PaddingId(teacher.Tokenizer);
        _teacher = new TorchBert(
            teacher.Config, teacher.Weights, (name, weights) => new DenseTorchLinear(name, weights, matrixType, _device), matrixType, _device);
        _student = new TorchBert(teacher.Config, teacher.Weights, StudentLinear, matrixType, _device, _recipe.TrainEmbeddings, _recipe.TokenEmbeddings);
        _head = new TorchSentenceHead(teacher, _device);
        Trainables = _student.Trainables;
        Teacher = new TorchTextEncoder(teacher, _device, _teacher);
        Student = new TorchTextEncoder(teacher, _device, _student);

        TorchLinear StudentLinear(string name, DenseLinearWeights weights) =>
            inFullPrecision.Contains(name)
                ? new DenseTorchLinear(name, weights, matrixType, _device)
                : new TernaryTorchLinear(name, weights, _recipe, twoDigits.Contains(name) ? 2 : 1, matrixType, _device);
    }

    /// <summary>Everything that is trained, in a fixed order.</summary>
    public IReadOnlyList<Trainable> Trainables { get; }

    /// <summary>The teacher, embedding text.</summary>
    public TorchTextEncoder Teacher { get; }

    /// <summary>The student as it is now, embedding text with ternary weights and int8 activations simulated.</summary>
    public TorchTextEncoder Student { get; }

    /// <summary>Shows the student's weights at a share of their ternary form (<see cref="TernaryTrainable.TernaryShare"/>).</summary>
    public void ShowTernary(float share)
    {
        using DisposeScope scope = NewDisposeScope();
        Parallel.ForEach(
            Trainables.OfType<TernaryTrainable>(), new ParallelOptions { MaxDegreeOfParallelism = torch.get_num_threads() },
            trainable => trainable.TernaryShare = share);
    }

    /// <summary>Adds the gradients of a batch; returns its loss.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between two parts of the batch; the gradients so far are forgotten.</exception>
    public double AddGradients(TrainingBatch batch, CancellationToken cancellation)
    {
        double loss = 0;
        foreach (TrainingBatch part in batch.Split(MostTokensAtOnce))
        {
            if (cancellation.IsCancellationRequested)
            {
                ForgetGradients();
                cancellation.ThrowIfCancellationRequested();
            }
            loss += AddGradientsOfPart(part, (double)part.Tokens / batch.Tokens, (double)part.Sequences.Count / batch.Sequences.Count);
        }
        return loss;
    }

    /// <summary>Moves the student along the gradients with Adam; returns the gradient's norm before clipping.</summary>
    /// <param name="learningRate">The learning rate.</param>
    /// <param name="step">The number of this step, from 1.</param>
    public double Step(double learningRate, int step)
    {
        using DisposeScope scope = NewDisposeScope();
        return AdamStep.Run(Trainables, _recipe, learningRate, step, torch.get_num_threads());
    }

    /// <summary>Drops the gradients added so far.</summary>
    public void ForgetGradients()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (Trainable trainable in Trainables)
            trainable.TakeGradient()?.Dispose();
    }

    /// <summary>The student's present weights, packed.</summary>
    public BertWeights Export() => _student.Export();

    public void Dispose()
    {
        Teacher.Dispose();
        Student.Dispose();
        _head.Dispose();
        torch.set_num_threads(_threadsBefore);
    }

    private double AddGradientsOfPart(TrainingBatch part, double tokenShare, double rowShare)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor ids, Tensor mask) = part.ToTensors(_paddingId, _device);
        TorchTrace teacher;
        using (no_grad())
            teacher = TorchTrace.Of(_teacher, _head, ids, mask, _loss.NeedsAttention);
        TorchTrace student = TorchTrace.Of(_student, _head, ids, mask, _loss.NeedsAttention);
        Tensor loss = _loss.Of(student, teacher, mask, tokenShare, rowShare);
        loss.backward();
        return loss.item<float>();
    }
}
