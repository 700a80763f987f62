// What the command line may choose.
using System.Globalization;

namespace Microsoft.ML.Ternary.GpuCheck;

internal sealed record CheckOptions(bool Benchmark, double Seconds, string[] Models, (int Batch, int Tokens)[] Shapes)
{
    public const string Usage = "usage: gpu-check [--no-benchmark] [--seconds S] [--model minilm-l6,bert-base,bert-large] [--shape 1x16,8x128,32x128]";

    /// <exception cref="ArgumentException">An option is not known, or its value is missing or not possible.</exception>
    public static CheckOptions Parse(string[] args)
    {
        CheckOptions options = new(true, 2, ["bert-base", "bert-large"], [(1, 16), (8, 128), (32, 128)]);
        for (int i = 0; i < args.Length; i++)
        {
            string option = args[i];
            options = option switch
            {
                "--no-benchmark" => options with { Benchmark = false },
                "--seconds" => options with { Seconds = ParseSeconds(Value()) },
                "--model" => options with { Models = [.. Value().Split(',').Select(ParseModel)] },
                "--shape" => options with { Shapes = [.. Value().Split(',').Select(ParseShape)] },
                _ => throw new ArgumentException($"There is no option {option}."),
            };

            string Value() => ++i < args.Length ? args[i] : throw new ArgumentException($"{option} needs a value.");
        }
        return options;
    }

    private static double ParseSeconds(string text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out double seconds) && seconds >= 0 && double.IsFinite(seconds)
            ? seconds
            : throw new ArgumentException($"--seconds takes a number of 0 or more, not {text}.");

    private static string ParseModel(string name)
    {
        RandomModels.ShapeOf(name);
        return name;
    }

    private static (int, int) ParseShape(string shape)
    {
        string[] parts = shape.Split('x');
        if (parts.Length != 2 || !TryCount(parts[0], out int batch) || !TryCount(parts[1], out int tokens))
            throw new ArgumentException($"A shape is BATCHxTOKENS, such as 8x128, not {shape}.");
        if (tokens > RandomModels.Positions)
            throw new ArgumentException($"{shape}: the models have {RandomModels.Positions} positions, so sequences of {tokens} tokens are too long.");
        return (batch, tokens);

        static bool TryCount(string text, out int count) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0;
    }
}
