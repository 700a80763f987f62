// What a user's program does with a saved pipeline: load it and predict, naming no type of this package and registering
// nothing. Prints, for each line of its input, the bits of every number predicted, so that the test that started it can compare
// them with its own, and at the end whether anything of the GPU's has been loaded. With "neighbors" the lines are numbers, the
// components of a vector, and what is printed are its neighbours and their distances.
// usage: LoadInFreshProcess MODEL.zip [neighbors] < LINES
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

if (args is ["index", string file, string k])
{
    IndexProbe.Run(file, int.Parse(k));
    return;
}
MLContext ml = new();
ITransformer model = ml.Model.Load(args[0], out DataViewSchema schema);
Console.WriteLine(string.Join(' ', schema.Select(column => column.Name)));
if (args is [_, "neighbors"])
    FindNeighbors();
else
    Embed();
Console.WriteLine(AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name == "ILGPU") ? "ILGPU" : "no ILGPU");

void Embed()
{
    using PredictionEngine<Input, Output> engine = ml.Model.CreatePredictionEngine<Input, Output>(model);
    while (Console.In.ReadLine() is string text)
    {
        Output output = engine.Predict(new Input { Text = text });
        Console.WriteLine(string.Join(' ', output.Embedding.Concat(output.Score).Select(BitConverter.SingleToUInt32Bits)));
    }
}

void FindNeighbors()
{
    using PredictionEngine<Query, Found> engine = ml.Model.CreatePredictionEngine<Query, Found>(model);
    while (Console.In.ReadLine() is string line)
    {
        Found found = engine.Predict(new Query { Embedding = [.. line.Split(' ').Select(number => float.Parse(number, CultureInfo.InvariantCulture))] });
        Console.WriteLine($"{string.Join(' ', found.Neighbors)}: {string.Join(' ', found.Distances.Select(BitConverter.SingleToUInt32Bits))}");
    }
}

internal sealed class Query
{
    [VectorType(2)]
    public float[] Embedding { get; set; } = [];
}

internal sealed class Found
{
    public uint[] Neighbors { get; set; } = [];

    public float[] Distances { get; set; } = [];
}

internal sealed class Input
{
    public string? Text { get; set; }

    public string Label { get; set; } = "";
}

internal sealed class Output
{
    public float[] Embedding { get; set; } = [];

    public float[] Score { get; set; } = [];
}
