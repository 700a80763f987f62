// Distillation before the user's eyes: one line every few seconds.
using System.Globalization;
using Microsoft.ML.Ternary.Distillation;

namespace Samples.DistillModel;

internal sealed class ConsoleProgress : IProgress<DistillationProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private TimeSpan _next;
    private double? _cosine;

    public void Report(DistillationProgress value)
    {
        if (value.Warning is string warning)
        {
            Console.Error.WriteLine($"warning: {warning}");
            return;
        }
        bool newCosine = value.HeldOutCosine != _cosine;
        if (value.Elapsed < _next && !newCosine && value.Step < value.TotalSteps)
            return;
        (_next, _cosine) = (value.Elapsed + Interval, value.HeldOutCosine);
        string cosine = value.HeldOutCosine is double c ? c.ToString("0.0000", CultureInfo.InvariantCulture) : "-";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"step {value.Step,7}/{value.TotalSteps}  loss {value.Loss:0.0000}  held-out cosine {cosine}  rate {value.LearningRate:0.00e+0}  {value.TokensPerSecond,6:N0} tokens/s  {value.Elapsed:hh\\:mm\\:ss} elapsed, {value.Remaining ?? default:hh\\:mm\\:ss} left"));
    }
}
