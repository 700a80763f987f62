// Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1), fused: gradient, moments and values pass through the processor once.
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>One step of Adam with its bias corrections worked in.</summary>
internal readonly struct AdamStep
{
    private readonly float _beta1, _beta2, _epsilon, _stepSize, _inverseCorrection2, _gradientScale;

    /// <param name="recipe">Betas and epsilon.</param>
    /// <param name="learningRate">The learning rate.</param>
    /// <param name="step">The number of this step, from 1.</param>
    /// <param name="gradientScale">Multiplies every gradient: clipping.</param>
    public AdamStep(TernaryRecipe recipe, double learningRate, int step, double gradientScale)
    {
        (_beta1, _beta2, _epsilon) = (recipe.Beta1, recipe.Beta2, recipe.Epsilon);
        _stepSize = (float)(learningRate / (1 - Math.Pow(recipe.Beta1, step)));
        _inverseCorrection2 = (float)(1 / (1 - Math.Pow(recipe.Beta2, step)));
        _gradientScale = (float)gradientScale;
        WeightDecay = (float)(learningRate * recipe.WeightDecay);
    }

    /// <summary>The share of a ternary matrix's values that this step takes away before it moves them.</summary>
    public float WeightDecay { get; }

    /// <summary>m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; w -= rate / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + epsilon).</summary>
    public void Apply(Span<float> values, Span<float> first, Span<float> second, ReadOnlySpan<float> gradient)
    {
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> g = new Vector<float>(gradient[i..]) * _gradientScale;
            Vector<float> m = new Vector<float>(first[i..]) * _beta1 + g * (1 - _beta1);
            Vector<float> v = new Vector<float>(second[i..]) * _beta2 + g * g * (1 - _beta2);
            m.CopyTo(first[i..]);
            v.CopyTo(second[i..]);
            Vector<float> denominator = Vector.SquareRoot(v * _inverseCorrection2) + new Vector<float>(_epsilon);
            (new Vector<float>(values[i..]) - m * _stepSize / denominator).CopyTo(values[i..]);
        }
        for (; i < values.Length; i++)
        {
            float g = gradient[i] * _gradientScale;
            first[i] = first[i] * _beta1 + g * (1 - _beta1);
            second[i] = second[i] * _beta2 + g * g * (1 - _beta2);
            values[i] -= first[i] * _stepSize / (MathF.Sqrt(second[i] * _inverseCorrection2) + _epsilon);
        }
    }

    /// <summary>Takes the gradients of all trainables, clips them together, and moves each; returns the norm before clipping. Where that is
    /// not finite nothing is moved; else <paramref name="beforeMoving"/> is called first.</summary>
    public static double Run(
        IReadOnlyList<Trainable> trainables, TernaryRecipe recipe, double learningRate, int step, int threads, Action? beforeMoving = null)
    {
        Tensor?[] gradients = trainables.Select(trainable => trainable.TakeGradient()).ToArray();
        try
        {
            double norm = Math.Sqrt(gradients.Sum(gradient => gradient is null ? 0.0 : TensorPrimitives.SumOfSquares(Values(gradient))));
            if (!double.IsFinite(norm))
                return norm;
            beforeMoving?.Invoke();
            double clip = recipe.GradientClipping > 0 && norm > recipe.GradientClipping ? recipe.GradientClipping / norm : 1;
            var adam = new AdamStep(recipe, learningRate, step, clip);
            Parallel.For(0, gradients.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
            {
                if (gradients[i] is Tensor gradient)
                    trainables[i].Update(Values(gradient), adam);
            });
            return norm;
        }
        finally
        {
            foreach (Tensor? gradient in gradients)
                gradient?.Dispose();
        }
    }

    private static ReadOnlySpan<float> Values(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
