// What a caller may choose when a model is run, whatever it reads; what belongs to the model itself is in the model.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Options of encoders.</summary>
public abstract record EncoderOptions
{
    private protected EncoderOptions()
    {
    }

    /// <summary>Most threads that one call uses, the calling one included. Embeddings do not depend on it.</summary>
    public int MaxThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>Components to keep of each embedding, the first ones; 0 keeps all. What is kept is scaled to norm 1 again where
    /// the model normalises. Meant for models trained for it (Matryoshka).</summary>
    public int Dimension { get; init; }

    /// <summary>The GPU to run on, counted from 0: CUDA devices first, then GPUs that offer OpenCL. Null runs on the CPU.</summary>
    public int? GpuDeviceId { get; init; }

    /// <summary>Whether the CPU stands in where <see cref="GpuDeviceId"/> names a device that cannot be used; an error otherwise.</summary>
    public bool FallbackToCpu { get; init; }

    /// <summary>Tokens that go through the encoder together on one thread: enough to reuse each weight while it is in the cache,
    /// few enough for the activations to stay there. On MiniLM anything from 48 to 1,024 is equally fast.</summary>
    internal int BatchTokens { get; init; } = 256;

    /// <summary>Multiply-adds that are worth another thread: about a tenth of a millisecond.</summary>
    internal double WorthwhileProducts { get; init; } = 4e7;

    /// <summary>How many times as long as on one thread a call that threads share may take before calls stay on one for a while.</summary>
    internal double SharingTolerance { get; init; } = 2;

    /// <summary>Lends the threads.</summary>
    internal WorkerPool Pool { get; init; } = WorkerPool.Shared;

    /// <summary>Where to add up the time spent in each stage; null for nowhere.</summary>
    internal EncoderTimes? Times { get; init; }

    /// <summary>Checks what is not of one kind of encoder.</summary>
    /// <exception cref="ArgumentException">An option is out of range for this model.</exception>
    internal void Validate(EncoderModel model)
    {
        if (MaxThreads < 1)
            throw new ArgumentException($"MaxThreads is {MaxThreads}; at least 1 is needed.", "options");
        if (Dimension < 0 || Dimension > model.Dimension)
            throw new ArgumentException($"Dimension is {Dimension}; the model's embeddings have {model.Dimension} components. Choose 0 (all) to {model.Dimension}.", "options");
        if (GpuDeviceId < 0)
            throw new ArgumentException($"GpuDeviceId is {GpuDeviceId}; devices are counted from 0, and null runs on the CPU.", "options");
    }
}
