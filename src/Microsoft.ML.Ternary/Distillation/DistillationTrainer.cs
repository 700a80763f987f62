// Teacher and student on libtorch, and one step of training. It knows nothing of clocks, files and progress.
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

internal sealed class DistillationTrainer : IDisposable
{
    // Bounds memory, and the time in which a cancellation is noticed.
    private const int MostTokensAtOnce = 1024;

    private readonly DistillationOptions _options;
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
        (_options, _recipe, _device) = (options, options.Recipe, torch.device(options.Device));
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
        TeacherIsExact = matrixType == ScalarType.Float32;
        Student = new TorchTextEncoder(teacher, _device, _student);
        // Last: whoever is refused above has nothing to dispose of, and the number is the process's.
        if (options.Threads > 0)
            torch.set_num_threads(options.Threads);

        TorchLinear StudentLinear(string name, DenseLinearWeights weights) =>
            inFullPrecision.Contains(name)
                ? new DenseTorchLinear(name, weights, matrixType, _device)
                : new TernaryTorchLinear(name, weights, _recipe, twoDigits.Contains(name) ? 2 : 1, matrixType, _device);
    }

    /// <summary>Everything that is trained, in a fixed order.</summary>
    public IReadOnlyList<Trainable> Trainables { get; }

    /// <summary>The teacher, embedding text.</summary>
    public TorchTextEncoder Teacher { get; }

    /// <summary>Whether it multiplies in float32, so that its embeddings are the model's own.</summary>
    public bool TeacherIsExact { get; }

    /// <summary>The most tokens, padding counted, that are computed at once; a single longer text is computed nevertheless. Becomes less where
    /// memory runs short.</summary>
    public int TokensAtOnce { get; set; } = MostTokensAtOnce;

    /// <summary>Called before each part of a batch is computed: where tests let memory run short.</summary>
    public Action<TrainingBatch>? BeforePart { get; set; }

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

    /// <summary>Adds the gradients of a batch to none; returns its loss. Where memory runs short the batch is begun again in smaller parts,
    /// and later batches are computed in such parts too. The gradients are the same up to the order of sums, but for losses that are taken over a
    /// part, such as the relative error, which change a little.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between two parts of the batch; the gradients so far are forgotten.</exception>
    /// <exception cref="InvalidOperationException">There is not enough memory even for one text.</exception>
    public double AddGradients(TrainingBatch batch, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return AddGradientsOfParts(batch, cancellation);
            }
            catch (OperationCanceledException)
            {
                ForgetGradients();
                throw;
            }
            catch (Exception failure) when (MemoryShortage.Caused(failure))
            {
                ForgetGradients();
                TokensAtOnce = LessThan(TokensAtOnce, batch)
                    ?? throw new InvalidOperationException(
                        $"There is not enough memory to train on one text of {batch.Sequences.Max(sequence => sequence.Length)} tokens ({failure.Message.TrimEnd().TrimEnd('.')}). "
                        + $"Lower {nameof(DistillationOptions)}.{nameof(DistillationOptions.MaxLength)} ({MaxLength}), give the process or the device more memory, "
                        + $"or leave embeddings as they are ({nameof(TernaryRecipe)}.{nameof(TernaryRecipe.TrainEmbeddings)} = false).", failure);
            }
        }
    }

    /// <summary>Moves the student along the gradients with Adam; returns the gradient's norm before clipping.</summary>
    /// <param name="learningRate">The learning rate.</param>
    /// <param name="step">The number of this step, from 1.</param>
    /// <param name="beforeMoving">Called when the norm is known to be finite; else nothing moves.</param>
    public double Step(double learningRate, int step, Action? beforeMoving = null)
    {
        using DisposeScope scope = NewDisposeScope();
        return AdamStep.Run(Trainables, _recipe, learningRate, step, torch.get_num_threads(), beforeMoving);
    }

    /// <summary>Drops the gradients added so far.</summary>
    public void ForgetGradients()
    {
        foreach (Trainable trainable in Trainables)
            trainable.ForgetGradient();
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

    private string MaxLength => _options.MaxLength == 0 ? "the model's own now" : $"{_options.MaxLength} now";

    // Half of the largest part that can be cut, so that the next try does differ; null where every part is one text.
    private static int? LessThan(int tokensAtOnce, TrainingBatch batch)
    {
        int[] sizes = [.. batch.Split(tokensAtOnce).Where(part => part.Sequences.Count > 1)
            .Select(part => part.Sequences.Count * part.Sequences.Max(sequence => sequence.Length))];
        return sizes.Length == 0 ? null : Math.Min(tokensAtOnce, sizes.Max()) / 2;
    }

    private double AddGradientsOfParts(TrainingBatch batch, CancellationToken cancellation)
    {
        double loss = 0;
        foreach (TrainingBatch part in batch.Split(TokensAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            BeforePart?.Invoke(part);
            loss += AddGradientsOfPart(part, (double)part.Tokens / batch.Tokens, (double)part.Sequences.Count / batch.Sequences.Count);
        }
        return loss;
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
        // A part of one text has no similarities; where the recipe asks for nothing else there is nothing to learn from it.
        if (loss.requires_grad)
            loss.backward();
        return loss.item<float>();
    }
}
