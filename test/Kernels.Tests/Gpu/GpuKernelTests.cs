// One set of tests of every kernel, run on each kind of device that the machine has, against the same computation on the CPU.
using ILGPU;
using ILGPU.Runtime;
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.Kernels.Tests.Gpu;

/// <summary>Devices are busy or slow enough without two tests at once.</summary>
[CollectionDefinition(nameof(GpuCollection), DisableParallelization = true)]
public class GpuCollection;

public class EmulatedGpuKernelTests() : GpuKernelTests(GpuDeviceKind.Emulated)
{
    protected override bool IsFast => false;
}

public class OpenCLProcessorGpuKernelTests() : GpuKernelTests(GpuDeviceKind.OpenCLProcessor);

public class OpenCLGpuKernelTests() : GpuKernelTests(GpuDeviceKind.OpenCL);

public class CudaGpuKernelTests() : GpuKernelTests(GpuDeviceKind.Cuda);

[Collection(nameof(GpuCollection))]
public abstract class GpuKernelTests(GpuDeviceKind kind)
{
    private readonly GpuDevice _device = TestDevices.Get(kind);

    /// <summary>Whether sizes of more than a few tiles are affordable.</summary>
    protected virtual bool IsFast => true;

    private AcceleratorStream Stream => _device.Accelerator.DefaultStream;

    [Fact]
    public void NoFormOfTheTernaryProductIsLeftOut() => Assert.Equal("", _device.Remarks);

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(3, 9, 65, 1)]
    [InlineData(9, 17, 130, 1)]
    [InlineData(24, 129, 257, 1)]
    [InlineData(65, 136, 320, 1)]
    [InlineData(130, 260, 768, 1)]
    [InlineData(1, 1, 1, 2)]
    [InlineData(3, 9, 65, 2)]
    [InlineData(9, 17, 130, 2)]
    [InlineData(24, 129, 257, 2)]
    [InlineData(65, 136, 320, 2)]
    [InlineData(130, 260, 768, 2)]
    public void TheTernaryProductOfEveryFormIsThatOfTheCpu(int rows, int outputs, int inputs, int digits)
    {
        Assert.SkipUnless(IsFast || rows < 10, "Too large for the emulation.");
        var random = new Random(rows);
        TernaryMatrix matrix = RandomMatrix(random, outputs, inputs, digits);
        float[] bias = Values(random, outputs);
        float[] input = Values(random, rows * inputs);
        float[] expected = TernaryProduct(matrix, bias, input);

        using GpuTernaryLinear layer = new(_device, matrix, bias);
        using Rounded rounded = Round(input, inputs);
        foreach (GpuTernaryForm form in _device.TernaryForms)
        {
            using GpuBuffer<float> output = Buffer<float>(rows * outputs);
            layer.Forward(Stream, form, rounded.Rows, output.View, rows, GpuActivation.None);
            Close(expected, Download(output), 1e-5f, form.ToString());
        }
    }

    // One block of inputs costs the emulation some 65 barriers of 128 threads.
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(35, 70, 70, 1)]
    [InlineData(70, 140, 200, 1)]
    [InlineData(1, 1, 1, 2)]
    [InlineData(35, 70, 70, 2)]
    [InlineData(70, 140, 200, 2)]
    public void TheTensorCoreKernelWithTheInstructionEmulatedIsThatOfTheCpu(int rows, int outputs, int inputs, int digits)
    {
        Assert.SkipWhen(!IsFast && rows > 40, "Too large for the emulation.");
        var random = new Random(inputs);
        TernaryMatrix matrix = RandomMatrix(random, outputs, inputs, digits);
        float[] bias = Values(random, outputs);
        float[] input = Values(random, rows * inputs);
        float[] expected = TernaryProduct(matrix, bias, input);
        Activations.Apply(ActivationFunction.Gelu, expected);

        var product = digits == 1
            ? GpuKernels.LoadTernary(_device.Accelerator, TernaryMmaKernel.Run<EmulatedMma, OneDigitCodes>)
            : GpuKernels.LoadTernary(_device.Accelerator, TernaryMmaKernel.Run<EmulatedMma, TwoDigitCodes>);
        using Rounded rounded = Round(input, inputs);
        using GpuBuffer<int> weights = Upload(Packing.FragmentTiles.Pack(matrix, TernaryMmaKernel.TileColumns));
        using GpuBuffer<float> scales = Upload([.. Enumerable.Range(0, outputs).Select(matrix.Scale)]);
        using GpuBuffer<float> offsets = Upload(bias);
        using GpuBuffer<float> output = Buffer<float>(rows * outputs);
        product(
            Stream, GpuKernels.MmaGrid(rows, outputs), rounded.Rows.Codes, rounded.Rows.Scales, rounded.Rows.Sums, weights.View, scales.View, offsets.View,
            output.View, new TernaryShape(rows, outputs, rounded.Rows.RowWords / 16, (int)GpuActivation.Gelu));

        Close(expected, Download(output), 1e-5f);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CopiesGoThroughLockedAndThroughOrdinaryMemory(bool locked)
    {
        const int Count = 300;
        using GpuBuffer<int> target = Buffer<int>(Count);
        using PinnedBuffer<int> up = new(_device), down = new(_device);
        bool locks = _device.LocksHostMemory;
        _device.LocksHostMemory = locked;
        try
        {
            up.Grow(7);
            up.Grow(Count);
            down.Grow(Count);
        }
        finally
        {
            _device.LocksHostMemory = locks;
        }
        int[] expected = [.. Enumerable.Range(5, Count)];
        expected.CopyTo(up.Span);

        up.Upload(Stream, target.View, Count);
        down.Download(Stream, target.View, Count);
        Stream.Synchronize();

        Assert.Equal(expected, down.Span[..Count].ToArray());
    }

    [Fact]
    public void RowsAreRoundedAsOnTheCpu()
    {
        const int Columns = 150;
        var random = new Random(5);
        float[] values = Values(random, 4 * Columns);
        values.AsSpan(Columns, Columns).Clear();
        values[2 * Columns + 7] = float.NaN;
        values[3 * Columns + 149] = -9;
        using GpuBuffer<float> input = Upload(values);
        using Rounded rounded = new(_device, 4, Columns);

        _device.Kernels.Quantize(Stream, input.View, 4, rounded.Rows, Columns);

        CloseCodes(values, Columns, rounded);
        Assert.True(float.IsNaN(rounded.Scale(2)));
        Assert.Equal(0, rounded.Scale(1));
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 50)]
    [InlineData(2, 384)]
    public void TheResidualIsAddedNormalisedAndRoundedAsOnTheCpu(int rows, int columns)
    {
        var random = new Random(columns);
        float[] added = Values(random, rows * columns), values = Values(random, rows * columns);
        float[] gain = Values(random, columns), bias = Values(random, columns);
        float[] expected = [.. added];
        Normalization.LayerNorm(expected, values, gain, bias, 1e-12f);
        using GpuBuffer<float> left = Upload(added), right = Upload(values), g = Upload(gain), b = Upload(bias);
        using Rounded rounded = new(_device, rows, columns);

        _device.Kernels.AddNormalize(Stream, left.View, right.View, rows, new NormParameters(g.View, b.View, 1e-12f), rounded.Rows, columns);

        float[] actual = Download(right);
        Close(expected, actual, 2e-5f);
        CloseCodes(actual, columns, rounded);
    }

    [Fact]
    public void EmbeddingsAreGatheredAddedAndNormalised()
    {
        const int Columns = 40;
        var random = new Random(8);
        float[] table = Values(random, 6 * Columns), types = Values(random, 2 * Columns), positions = Values(random, 5 * Columns);
        float[] gain = Values(random, Columns), bias = Values(random, Columns);
        int[] tokens = [5, 1, 0, 0, 0, 4, 3, 1, 2];
        float[] expected = new float[3 * Columns];
        for (int i = 0; i < expected.Length; i++)
        {
            (int token, int column) = (i / Columns, i % Columns);
            expected[i] = table[tokens[3 * token] * Columns + column] + types[tokens[3 * token + 1] * Columns + column] + positions[tokens[3 * token + 2] * Columns + column];
        }
        Normalization.LayerNorm(expected, gain, bias, 1e-5f);
        using GpuBuffer<int> ids = Upload(tokens);
        using GpuBuffer<float> a = Upload(table), b = Upload(types), c = Upload(positions), g = Upload(gain), o = Upload(bias), values = Buffer<float>(3 * Columns);
        using Rounded rounded = new(_device, 3, Columns);

        _device.Kernels.Embed(Stream, ids.View, 3, a.View, b.View, c.View, new NormParameters(g.View, o.View, 1e-5f), values.View, rounded.Rows, Columns);

        float[] actual = Download(values);
        Close(expected, actual, 2e-5f);
        CloseCodes(actual, Columns, rounded);
    }

    [Theory]
    [InlineData(1, 1, 1, GpuActivation.None)]
    [InlineData(33, 35, 40, GpuActivation.Gelu)]
    [InlineData(5, 7, 9, GpuActivation.GeluTanh)]
    [InlineData(5, 7, 9, GpuActivation.Relu)]
    [InlineData(5, 7, 9, GpuActivation.Tanh)]
    [InlineData(5, 7, 9, GpuActivation.Sigmoid)]
    public void TheDenseProductAndItsActivationAreThoseOfTheCpu(int rows, int outputs, int inputs, GpuActivation activation)
    {
        var random = new Random(rows + (int)activation);
        float[] matrix = Values(random, outputs * inputs), bias = Values(random, outputs);
        float[] input = Values(random, rows * inputs);
        float[] expected = [.. Enumerable.Range(0, rows * outputs).Select(i =>
            bias[i % outputs] + Enumerable.Range(0, inputs).Sum(k => input[i / outputs * inputs + k] * matrix[i % outputs * inputs + k]))];
        Activations.Apply(FunctionOf(activation), expected);
        using GpuDenseLinear layer = new(_device, matrix, bias);
        using GpuBuffer<float> values = Upload(input), output = Buffer<float>(rows * outputs);

        layer.Forward(Stream, values.View, default, output.View, rows, activation);

        Close(expected, Download(output), 1e-4f);
    }

    [Theory]
    [InlineData(2, 12, new[] { 3, 1 })]
    [InlineData(1, 40, new[] { 33, 5 })]
    [InlineData(3, 64, new[] { 1, 70, 32, 31 })]
    public void AttentionOverRaggedSequencesIsThatOfTheCpu(int heads, int headSize, int[] lengths)
    {
        Assert.SkipUnless(IsFast || lengths.Sum() < 40, "Too large for the emulation.");
        int hidden = heads * headSize, tokens = lengths.Sum();
        float[] projections = Values(new Random(heads), tokens * 3 * hidden);

        // Scores that differ by hundreds: only the maximum taken along keeps the exponentials in range.
        for (int i = 0; i < projections.Length; i += 7)
            projections[i] *= 20;
        int[] offsets = [0, .. lengths.Select((_, i) => lengths[..(i + 1)].Sum())];
        float[] expected = AttentionContext(projections, offsets, heads, headSize);
        var batch = new GpuTokens(new int[tokens], offsets, []);
        int[] numbers = new int[AttentionKernel.BlockNumbers * batch.BlockCount(0, lengths.Length)];
        batch.WriteBlocks(0, lengths.Length, numbers);
        using GpuBuffer<float> input = Upload(projections), output = Buffer<float>(tokens * hidden);
        using GpuBuffer<int> blocks = Upload(numbers);

        _device.Kernels.Attention(
            Stream, input.View, blocks.View, numbers.Length / AttentionKernel.BlockNumbers, heads, output.View,
            new AttentionShape(3 * hidden, hidden, 2 * hidden, hidden, headSize, 1 / MathF.Sqrt(headSize)));

        Close(expected, Download(output), 1e-4f);
    }

    [Fact]
    public void PoolingConcatenatesWhatIsAskedFor()
    {
        const int Hidden = 70;
        float[] states = Values(new Random(3), 5 * Hidden);
        int[] offsets = [0, 4, 5];
        using GpuBuffer<float> input = Upload(states), output = Buffer<float>(2 * 4 * Hidden);
        using GpuBuffer<int> starts = Upload(offsets);

        _device.Kernels.Pool(Stream, input.View, starts.View, 2, output.View, Hidden, GpuPooling.Cls | GpuPooling.Max | GpuPooling.Mean | GpuPooling.MeanSqrtLength, 4 * Hidden);

        float[] expected = new float[2 * 4 * Hidden];
        for (int i = 0; i < 2 * Hidden; i++)
        {
            (int s, int c) = (i / Hidden, i % Hidden);
            float[] column = [.. Enumerable.Range(offsets[s], offsets[s + 1] - offsets[s]).Select(t => states[t * Hidden + c])];
            int to = s * 4 * Hidden + c;
            (expected[to], expected[to + Hidden]) = (column[0], column.Max());
            (expected[to + 2 * Hidden], expected[to + 3 * Hidden]) = (column.Sum() / column.Length, column.Sum() / MathF.Sqrt(column.Length));
        }
        Close(expected, Download(output), 1e-5f);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EmbeddingsAreCutAndThenNormalised(bool normalize)
    {
        float[] pooled = Values(new Random(4), 3 * 80);
        pooled.AsSpan(80, 80).Clear();
        using GpuBuffer<float> input = Upload(pooled), output = Buffer<float>(3 * 70);

        _device.Kernels.Finish(Stream, input.View, 3, output.View, 80, 70, normalize);

        float[] expected = [.. pooled[..70], .. pooled[80..150], .. pooled[160..230]];
        for (int row = 0; row < 3 && normalize; row++)
            Normalization.L2Normalize(expected.AsSpan(70 * row, 70));
        Close(expected, Download(output), 1e-5f);
    }

    [Fact]
    public void ALayerThatDoesNotFitLeavesNoMemoryTaken()
    {
        TernaryMatrix matrix = RandomMatrix(new Random(2), 128, 256);
        long before = _device.UsedBytes;

        // Room for the weights, 2 bits each, or for 8 rows of float32, and not for what follows them.
        _device.MemoryLimit = before + 128 * 256 / 4 + 16;
        try
        {
            Assert.Throws<GpuOutOfMemoryException>(() => new GpuTernaryLinear(_device, matrix, new float[128]));
            Assert.Throws<GpuOutOfMemoryException>(() => new GpuDenseLinear(_device, new float[8 * 256], new float[8]));
            Assert.Equal(before, _device.UsedBytes);
        }
        finally
        {
            _device.MemoryLimit = long.MaxValue;
        }
    }

    private static ActivationFunction FunctionOf(GpuActivation activation) => activation switch
    {
        GpuActivation.Gelu => ActivationFunction.Gelu,
        GpuActivation.GeluTanh => ActivationFunction.GeluTanh,
        GpuActivation.Relu => ActivationFunction.Relu,
        GpuActivation.Tanh => ActivationFunction.Tanh,
        GpuActivation.Sigmoid => ActivationFunction.Sigmoid,
        _ => ActivationFunction.Identity,
    };

    /// <summary>The definition, from exact sums of the codes that the CPU rounds to.</summary>
    private static float[] TernaryProduct(TernaryMatrix matrix, float[] bias, float[] input)
    {
        (int outputs, int inputs) = (matrix.Rows, matrix.Columns);
        float[] output = new float[input.Length / inputs * outputs];
        sbyte[] activations = new sbyte[inputs], weights = new sbyte[inputs];
        for (int i = 0; i < output.Length; i++)
        {
            float scale = Int8Quantizer.Quantize(input.AsSpan(i / outputs * inputs, inputs), activations);
            matrix.UnpackRow(i % outputs, weights);
            int sum = 0;
            for (int k = 0; k < inputs; k++)
                sum += activations[k] * weights[k];
            output[i] = MathF.FusedMultiplyAdd(sum, scale * matrix.Scale(i % outputs), bias[i % outputs]);
        }
        return output;
    }

    /// <summary>The definition, one query of one head at a time.</summary>
    private static float[] AttentionContext(float[] projections, int[] offsets, int heads, int headSize)
    {
        int hidden = heads * headSize;
        float[] context = new float[offsets[^1] * hidden];
        for (int s = 0; s + 1 < offsets.Length; s++)
        {
            int[] tokens = [.. Enumerable.Range(offsets[s], offsets[s + 1] - offsets[s])];
            foreach ((int query, int head) in from t in tokens from h in Enumerable.Range(0, heads) select (t, h * headSize))
            {
                double[] scores = [.. tokens.Select(key => Enumerable.Range(head, headSize).Sum(d =>
                    (double)projections[query * 3 * hidden + d] * projections[key * 3 * hidden + hidden + d]) / Math.Sqrt(headSize))];
                double[] weights = [.. scores.Select(score => Math.Exp(score - scores.Max()))];
                for (int d = head; d < head + headSize; d++)
                    context[query * hidden + d] = (float)(tokens.Select((key, i) => weights[i] * projections[key * 3 * hidden + 2 * hidden + d]).Sum() / weights.Sum());
            }
        }
        return context;
    }

    /// <summary>Codes may differ from the CPU's by one where a value lies within rounding error of two codes' middle.</summary>
    private static void CloseCodes(float[] values, int columns, Rounded rounded)
    {
        sbyte[] codes = new sbyte[columns];
        for (int row = 0; row < values.Length / columns; row++)
        {
            float scale = Int8Quantizer.Quantize(values.AsSpan(row * columns, columns), codes);
            if (!float.IsNaN(scale))
                Assert.Equal(scale, rounded.Scale(row), 1e-6f * scale);
            sbyte[] actual = rounded.Codes(row);
            Assert.Equal(actual.Sum(code => code), rounded.Sum(row));
            for (int i = 0; i < actual.Length; i++)
            {
                float exact = i < columns && scale > 0 ? values[row * columns + i] / scale : 0;
                Assert.InRange(actual[i], exact - 0.501f, exact + 0.501f);
            }
        }
    }

    private static void Close(float[] expected, float[] actual, float tolerance, string what = "")
    {
        Assert.True(actual.Length >= expected.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i]))))
                Assert.Fail($"{what} value {i}: expected {expected[i]}, got {actual[i]}");
        }
    }

    private static TernaryMatrix RandomMatrix(Random random, int rows, int columns, int digits = 1)
    {
        int largest = digits == 1 ? 1 : 4;
        var codes = new sbyte[rows * columns];
        for (int i = 0; i < codes.Length; i++)
            codes[i] = (sbyte)random.Next(-largest, largest + 1);
        return TernaryMatrix.FromCodes(codes, rows, columns, Values(random, rows), digits);
    }

    private static float[] Values(Random random, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = random.NextSingle() * 4 - 2;
        return values;
    }

    private GpuBuffer<T> Buffer<T>(int length)
        where T : unmanaged
    {
        var buffer = new GpuBuffer<T>(_device);
        buffer.Grow(length);
        return buffer;
    }

    private GpuBuffer<T> Upload<T>(T[] values)
        where T : unmanaged
    {
        GpuBuffer<T> buffer = Buffer<T>(values.Length);
        buffer.View.CopyFromCPU(values);
        return buffer;
    }

    private Rounded Round(float[] input, int columns)
    {
        int rows = input.Length / columns;
        var rounded = new Rounded(_device, rows, columns);
        using GpuBuffer<float> values = Upload(input);
        _device.Kernels.Quantize(Stream, values.View, rows, rounded.Rows, columns);
        Stream.Synchronize();
        return rounded;
    }

    private float[] Download(GpuBuffer<float> buffer)
    {
        Stream.Synchronize();
        return buffer.View.GetAsArray();
    }

    private sealed class Rounded : IDisposable
    {
        private readonly GpuBuffer<int> _codes;
        private readonly GpuBuffer<float> _scales;
        private readonly GpuBuffer<int> _sums;

        public Rounded(GpuDevice device, int rows, int columns)
        {
            (_codes, _scales, _sums) = (new(device), new(device), new(device));
            int words = CodeRows.WordsOf(columns);
            _codes.Grow((long)GpuLane.MemoryRows(rows) * words);
            _scales.Grow(rows);
            _sums.Grow(rows);
            Rows = new CodeRows(_codes.View, _scales.View, _sums.View, words);
        }

        public CodeRows Rows { get; }

        public float Scale(int row) => _scales.View.GetAsArray()[row];

        public int Sum(int row) => _sums.View.GetAsArray()[row];

        public sbyte[] Codes(int row)
        {
            int[] words = _codes.View.GetAsArray();
            return [.. Enumerable.Range(0, 4 * Rows.RowWords).Select(i => (sbyte)(words[row * Rows.RowWords + i / 4] >> (8 * (i % 4))))];
        }

        public void Dispose()
        {
            _codes.Dispose();
            _scales.Dispose();
            _sums.Dispose();
        }
    }
}
