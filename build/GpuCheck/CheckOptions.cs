// What the command line may choose.
using System.Globalization;

namespace Microsoft.ML.Ternary.GpuCheck;

internal sealed record CheckOptions(bool Benchmark, double Seconds, string[] Models, (int Batch, int Tokens)[] Shapes)
{
    /// <exception cref="ArgumentException">An option is not known.</exception>
    public static CheckOptions Parse(string[] args)
    {
        CheckOptions options = new(true, 2, ["bert-base", "bert-large"], [(1, 16), (8, 128), (32, 128)]);
        for (int i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--no-benchmark" => options with { Benchmark = false },
                "--seconds" => options with { Seconds = double.Parse(args[++i], CultureInfo.InvariantCulture) },
                "--model" => options with { Models = args[++i].Split(',') },
                "--shape" => options with { Shapes = [.. args[++i].Split(',').Select(ParseShape)] },
                _ => throw new ArgumentException($"There is no option {args[i]}. usage: gpu-check [--no-benchmark] [--seconds S] [--model minilm-l6,bert-base,bert-large] [--shape 1x16,8x128,32x128]"),
            };
        }
        return options;
    }

    private static (int, int) ParseShape(string shape)
    {
        string[] parts = shape.Split('x');
        return (int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
