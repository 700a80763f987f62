// Just enough of onnx.proto (github.com/onnx/onnx) to write a graph of operators with its weights; the numbers below are the
// field numbers there.
using System.Runtime.InteropServices;

namespace Benchmarks.Onnx;

/// <summary>Element types as TensorProto.DataType numbers them.</summary>
internal enum OnnxType
{
    Float32 = 1,
    UInt8 = 2,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
}

/// <summary>An attribute of an operator.</summary>
internal sealed class OnnxAttribute
{
    private const int SingleType = 1, IntegerType = 2, IntegersType = 7;

    private OnnxAttribute(ProtobufWriter message) => Message = message;

    public ProtobufWriter Message { get; }

    public static OnnxAttribute Integer(string name, long value) =>
        new(new ProtobufWriter().Text(1, name).Integer(3, value).Integer(20, IntegerType));

    public static OnnxAttribute Single(string name, float value) =>
        new(new ProtobufWriter().Text(1, name).Single(2, value).Integer(20, SingleType));

    public static OnnxAttribute Integers(string name, params ReadOnlySpan<long> values)
    {
        ProtobufWriter message = new ProtobufWriter().Text(1, name);
        foreach (long value in values)
            message.Integer(8, value);
        return new OnnxAttribute(message.Integer(20, IntegersType));
    }
}

/// <summary>A graph under construction: operators in the order of computation, weights, inputs and outputs.</summary>
internal sealed class OnnxGraph(ExternalTensorFile weights)
{
    /// <summary>The domain of ONNX Runtime's own operators.</summary>
    public const string Microsoft = "com.microsoft";

    private const int IrVersion = 8, OpsetVersion = 17;

    // Shapes and axes must lie in the message itself for ONNX Runtime to infer shapes from them.
    private const int InlineBytes = 1024;

    private readonly ProtobufWriter _graph = new ProtobufWriter().Text(2, "bert");
    private readonly HashSet<string> _tensors = [];
    private int _nodes;

    /// <summary>Adds an operator with one output and returns that output's name; an empty input is one left out.</summary>
    public string Node(string op, string[] inputs, params OnnxAttribute[] attributes) => Add(op, "", inputs, 1, attributes)[0];

    /// <summary>Adds one of ONNX Runtime's own operators.</summary>
    public string MicrosoftNode(string op, string[] inputs, params OnnxAttribute[] attributes) => Add(op, Microsoft, inputs, 1, attributes)[0];

    /// <summary>Adds an operator with several outputs and returns their names.</summary>
    public string[] NodeWithOutputs(string op, string[] inputs, int outputs) => Add(op, "", inputs, outputs, []);

    /// <summary>Declares an input; a dimension is a number or the name of one.</summary>
    public string Input(string name, OnnxType type, params object[] dimensions)
    {
        _graph.Message(11, ValueInfo(name, type, dimensions));
        return name;
    }

    /// <summary>Declares an output and gives <paramref name="value"/> its name.</summary>
    public void Output(string name, string value, OnnxType type, params object[] dimensions)
    {
        Emit("Identity", "", [value], [name], []);
        _graph.Message(12, ValueInfo(name, type, dimensions));
    }

    /// <summary>Adds a constant once and returns its name; <paramref name="values"/> is called only where they are needed.</summary>
    public string Tensor<T>(string name, OnnxType type, ReadOnlySpan<long> dimensions, Func<T[]> values) where T : unmanaged
    {
        if (!_tensors.Add(name))
            return name;
        ProtobufWriter tensor = new();
        long count = 1;
        foreach (long dimension in dimensions)
        {
            tensor.Integer(1, dimension);
            count *= dimension;
        }
        tensor.Integer(2, (int)type).Text(8, name);
        if (count * Marshal.SizeOf<T>() <= InlineBytes)
        {
            tensor.Bytes(9, MemoryMarshal.AsBytes<T>(values()));
        }
        else
        {
            weights.Describe(tensor, weights.Add(name, values));
            tensor.Integer(14, 1);
        }
        _graph.Message(5, tensor);
        return name;
    }

    /// <summary>Adds a vector of int64, such as a shape.</summary>
    public string Integers(string name, params long[] values) => Tensor(name, OnnxType.Int64, [values.Length], () => values);

    /// <summary>Adds a number.</summary>
    public string Number(string name, float value) => Tensor(name, OnnxType.Float32, [], () => new[] { value });

    /// <summary>Writes the model file; the weights' file must lie beside it.</summary>
    public void Save(string path)
    {
        ProtobufWriter model = new ProtobufWriter().Integer(1, IrVersion).Message(7, _graph)
            .Message(8, new ProtobufWriter().Text(1, "").Integer(2, OpsetVersion))
            .Message(8, new ProtobufWriter().Text(1, Microsoft).Integer(2, 1));
        string temporary = path + ".tmp";
        using (FileStream file = File.Create(temporary))
            file.Write(model.Written);
        File.Move(temporary, path, overwrite: true);
        weights.Flush();
    }

    private string[] Add(string op, string domain, string[] inputs, int outputs, OnnxAttribute[] attributes)
    {
        string[] names = [.. Enumerable.Range(0, outputs).Select(i => $"{op}_{_nodes}_{i}")];
        Emit(op, domain, inputs, names, attributes);
        return names;
    }

    private void Emit(string op, string domain, string[] inputs, string[] outputs, OnnxAttribute[] attributes)
    {
        ProtobufWriter node = new();
        foreach (string input in inputs)
            node.Text(1, input);
        foreach (string output in outputs)
            node.Text(2, output);
        node.Text(3, $"{op}_{_nodes++}").Text(4, op);
        foreach (OnnxAttribute attribute in attributes)
            node.Message(5, attribute.Message);
        if (domain.Length > 0)
            node.Text(7, domain);
        _graph.Message(1, node);
    }

    private static ProtobufWriter ValueInfo(string name, OnnxType type, object[] dimensions)
    {
        ProtobufWriter shape = new();
        foreach (object dimension in dimensions)
            shape.Message(1, dimension is string symbol ? new ProtobufWriter().Text(2, symbol) : new ProtobufWriter().Integer(1, Convert.ToInt64(dimension)));
        ProtobufWriter tensorType = new ProtobufWriter().Integer(1, (int)type).Message(2, shape);
        return new ProtobufWriter().Text(1, name).Message(2, new ProtobufWriter().Message(1, tensorType));
    }
}
