// The kernels of one device, each compiled when it is first asked for, and their launch: which grid a kernel takes is said here
// and nowhere else.
using ILGPU;
using ILGPU.Runtime;
using Microsoft.ML.Ternary.Kernels.Packing;
using TernaryProduct = System.Action<
    ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, ILGPU.ArrayView<int>, ILGPU.ArrayView<float>, ILGPU.ArrayView<int>,
    ILGPU.ArrayView<int>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, Microsoft.ML.Ternary.Kernels.Gpu.TernaryShape>;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

internal sealed class GpuKernels
{
    /// <summary>Rows of memory that activations come in, so that kernels may read whole tiles.</summary>
    public const int RowMultiple = TernaryMmaKernel.TileRows;

    /// <summary>To what the outputs of packed weights are padded, for the same reason.</summary>
    public const int OutputMultiple = TernaryMmaKernel.TileColumns;

    private readonly Lazy<TernaryProduct> _tensorCore, _tensorCoreTwoDigits;
    private readonly Lazy<TernaryProduct> _dp4a, _dp4aTwoDigits;
    private readonly Lazy<TernaryProduct> _plain, _plainTwoDigits;
    private readonly Lazy<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, DenseShape>> _dense;
    private readonly Lazy<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, AttentionShape>> _attention;
    private readonly Lazy<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, NormParameters, ArrayView<float>, CodeRows, int>> _embed;
    private readonly Lazy<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, NormParameters, CodeRows, int>> _addNormalize;
    private readonly Lazy<Action<AcceleratorStream, KernelConfig, ArrayView<float>, CodeRows, int>> _quantize;
    private readonly Lazy<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, int, int, int>> _pool;
    private readonly Lazy<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, int, int>> _finish;

    public GpuKernels(Accelerator accelerator)
    {
        _tensorCore = new(() => LoadTernary(accelerator, TernaryMmaKernel.Run<TensorCoreMma, OneDigitCodes>));
        _tensorCoreTwoDigits = new(() => LoadTernary(accelerator, TernaryMmaKernel.Run<TensorCoreMma, TwoDigitCodes>));
        _dp4a = new(() => LoadTernary(accelerator, TernaryDotKernel.Run<Dp4aSums, OneDigitCodes>));
        _dp4aTwoDigits = new(() => LoadTernary(accelerator, TernaryDotKernel.Run<Dp4aSums, TwoDigitCodes>));
        _plain = new(() => LoadTernary(accelerator, TernaryDotKernel.Run<PlainSums, OneDigitCodes>));
        _plainTwoDigits = new(() => LoadTernary(accelerator, TernaryDotKernel.Run<PlainSums, TwoDigitCodes>));
        _dense = new(() => accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, DenseShape>(DenseKernel.Run));
        _attention = new(() => accelerator.LoadKernel<ArrayView<float>, ArrayView<int>, ArrayView<float>, AttentionShape>(AttentionKernel.Run));
        _embed = new(() => accelerator.LoadKernel<ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, NormParameters, ArrayView<float>, CodeRows, int>(RowKernels.Embed));
        _addNormalize = new(() => accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, NormParameters, CodeRows, int>(RowKernels.AddNormalize));
        _quantize = new(() => accelerator.LoadKernel<ArrayView<float>, CodeRows, int>(RowKernels.Quantize));
        _pool = new(() => accelerator.LoadKernel<ArrayView<float>, ArrayView<int>, ArrayView<float>, int, int, int>(PoolingKernels.Pool));
        _finish = new(() => accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, int, int, int>(PoolingKernels.Finish));
    }

    public void Ternary(
        AcceleratorStream stream, GpuTernaryForm form, int digits, CodeRows input, ArrayView<int> weights, ArrayView<float> scales, ArrayView<float> bias,
        ArrayView<float> output, int rows, int outputs, GpuActivation activation)
    {
        TernaryShape shape = new(rows, outputs, input.RowWords / FragmentTiles.TileActivationWords, (int)activation);
        (TernaryProduct product, KernelConfig config) = form switch
        {
            GpuTernaryForm.TensorCore => ((digits == 1 ? _tensorCore : _tensorCoreTwoDigits).Value, MmaGrid(rows, outputs)),
            GpuTernaryForm.Dp4a => ((digits == 1 ? _dp4a : _dp4aTwoDigits).Value, DotGrid(rows, outputs)),
            _ => ((digits == 1 ? _plain : _plainTwoDigits).Value, DotGrid(rows, outputs)),
        };
        product(stream, config, input.Codes, input.Scales, input.Sums, weights, scales, bias, output, shape);
    }

    public void Dense(
        AcceleratorStream stream, ArrayView<float> input, ArrayView<float> weights, ArrayView<float> bias, ArrayView<float> output,
        int rows, int outputs, int inputs, GpuActivation activation) =>
        _dense.Value(
            stream, Grid(Blocks(outputs, DenseKernel.Tile), Blocks(rows, DenseKernel.Tile), DenseKernel.GroupSize),
            input, weights, bias, output, new DenseShape(rows, outputs, inputs, (int)activation));

    public void Attention(AcceleratorStream stream, ArrayView<float> projections, ArrayView<int> blocks, int blockCount, int heads, ArrayView<float> context, AttentionShape shape) =>
        _attention.Value(stream, Grid(blockCount, heads, AttentionKernel.GroupSize), projections, blocks, context, shape);

    public void Embed(
        AcceleratorStream stream, ArrayView<int> tokens, int count, ArrayView<float> tokenTable, ArrayView<float> typeTable, ArrayView<float> positionTable,
        NormParameters norm, ArrayView<float> values, CodeRows rounded, int columns) =>
        _embed.Value(stream, Grid(count, 1, RowKernels.GroupSize), tokens, tokenTable, typeTable, positionTable, norm, values, rounded, columns);

    public void AddNormalize(AcceleratorStream stream, ArrayView<float> added, ArrayView<float> values, int rows, NormParameters norm, CodeRows rounded, int columns) =>
        _addNormalize.Value(stream, Grid(rows, 1, RowKernels.GroupSize), added, values, norm, rounded, columns);

    public void Quantize(AcceleratorStream stream, ArrayView<float> values, int rows, CodeRows rounded, int columns) =>
        _quantize.Value(stream, Grid(rows, 1, RowKernels.GroupSize), values, rounded, columns);

    public void Pool(AcceleratorStream stream, ArrayView<float> states, ArrayView<int> offsets, int sequences, ArrayView<float> pooled, int hidden, GpuPooling modes, int width) =>
        _pool.Value(stream, Grid(Blocks(hidden, PoolingKernels.GroupSize), sequences, PoolingKernels.GroupSize), states, offsets, pooled, hidden, (int)modes, width);

    public void Finish(AcceleratorStream stream, ArrayView<float> pooled, int rows, ArrayView<float> embeddings, int width, int dimension, bool normalize) =>
        _finish.Value(stream, Grid(rows, 1, PoolingKernels.GroupSize), pooled, embeddings, width, dimension, normalize ? 1 : 0);

    internal static KernelConfig MmaGrid(int rows, int outputs) =>
        Grid(Blocks(outputs, TernaryMmaKernel.TileColumns), Blocks(rows, TernaryMmaKernel.TileRows), TernaryMmaKernel.GroupSize);

    internal static TernaryProduct LoadTernary(
        Accelerator accelerator,
        Action<ArrayView<int>, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, TernaryShape> kernel) =>
        accelerator.LoadKernel(kernel);

    private static KernelConfig DotGrid(int rows, int outputs) =>
        Grid(Blocks(outputs, FragmentTiles.TileOutputs), Blocks(rows, TernaryDotKernel.TileRows), TernaryDotKernel.GroupSize);

    private static KernelConfig Grid(int x, int y, int groupSize) => new(new Index3D(x, y, 1), new Index3D(groupSize, 1, 1));

    private static int Blocks(int length, int size) => (length + size - 1) / size;
}
