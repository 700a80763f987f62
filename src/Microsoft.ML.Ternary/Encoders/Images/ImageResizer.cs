// Resizes as Pillow does (libImaging/Resample.c), because models were trained on what Pillow made: weights in fixed point, rows
// first, rounded to bytes before the columns. The filter grows with the reduction, so what is made smaller is smoothed first.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Encoders;

internal static class ImageResizer
{
    // Bits after the point: what 32 bits leave beside a byte and the filters' overshoot.
    private const int PrecisionBits = 32 - 8 - 2;

    /// <summary>Resizes interleaved bytes.</summary>
    /// <param name="source">Height x width x channels.</param>
    /// <param name="width">Pixels in a row of the source.</param>
    /// <param name="height">Rows of the source.</param>
    /// <param name="channels">Bytes of a pixel, each resized by itself.</param>
    /// <param name="newWidth">Pixels in a row of the result.</param>
    /// <param name="newHeight">Rows of the result.</param>
    /// <param name="filter">How pixels are mixed.</param>
    /// <returns>New height x new width x channels; the source's memory is never returned.</returns>
    /// <exception cref="ArgumentException">The source is not as long as its shape says.</exception>
    public static byte[] Resize(ReadOnlySpan<byte> source, int width, int height, int channels, int newWidth, int newHeight, ResampleFilter filter)
    {
        if (source.Length != (long)width * height * channels)
            throw new ArgumentException($"{height} x {width} x {channels} bytes are expected, {source.Length} were given.", nameof(source));
        if (filter == ResampleFilter.Nearest)
            return Nearest(source, width, height, channels, newWidth, newHeight);
        Taps rows = new(height, newHeight, filter);
        if (newWidth == width)
            return newHeight == height ? source.ToArray() : Vertical(source, width * channels, rows, firstRow: 0);
        // Only the rows that the second pass reads are worth a first one; at a reduction these are all.
        (int first, int end) = newHeight == height ? (0, height) : rows.Range;
        byte[] narrow = Horizontal(source.Slice(first * width * channels, (end - first) * width * channels), width, channels, new Taps(width, newWidth, filter));
        return newHeight == height ? narrow : Vertical(narrow, newWidth * channels, rows, first);
    }

    private static byte[] Horizontal(ReadOnlySpan<byte> source, int width, int channels, Taps taps)
    {
        int height = source.Length / (width * channels);
        byte[] result = new byte[height * taps.Count * channels];
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> row = source.Slice(y * width * channels, width * channels);
            int target = y * taps.Count * channels;
            for (int x = 0; x < taps.Count; x++)
            {
                ReadOnlySpan<int> weights = taps.Of(x, out int start);
                for (int c = 0; c < channels; c++)
                {
                    int sum = 1 << (PrecisionBits - 1);
                    for (int i = 0; i < weights.Length; i++)
                        sum += row[(start + i) * channels + c] * weights[i];
                    result[target++] = ToByte(sum);
                }
            }
        }
        return result;
    }

    // Row by row of the result: sums of whole source rows, which lie in order in memory.
    private static byte[] Vertical(ReadOnlySpan<byte> source, int rowBytes, Taps taps, int firstRow)
    {
        byte[] result = new byte[taps.Count * rowBytes];
        int[] sums = new int[rowBytes];
        for (int y = 0; y < taps.Count; y++)
        {
            ReadOnlySpan<int> weights = taps.Of(y, out int start);
            Array.Fill(sums, 1 << (PrecisionBits - 1));
            for (int i = 0; i < weights.Length; i++)
            {
                int weight = weights[i];
                ReadOnlySpan<byte> row = source.Slice((start - firstRow + i) * rowBytes, rowBytes);
                for (int x = 0; x < row.Length; x++)
                    sums[x] += row[x] * weight;
            }
            Span<byte> target = result.AsSpan(y * rowBytes, rowBytes);
            for (int x = 0; x < target.Length; x++)
                target[x] = ToByte(sums[x]);
        }
        return result;
    }

    private static byte ToByte(int sum) => (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);

    private static byte[] Nearest(ReadOnlySpan<byte> source, int width, int height, int channels, int newWidth, int newHeight)
    {
        byte[] result = new byte[newHeight * newWidth * channels];
        int[] columns = NearestPlaces(width, newWidth);
        int[] rows = NearestPlaces(height, newHeight);
        int target = 0;
        foreach (int y in rows)
        {
            foreach (int x in columns)
            {
                source.Slice((y * width + x) * channels, channels).CopyTo(result.AsSpan(target));
                target += channels;
            }
        }
        return result;
    }

    // Pillow adds up the steps, and so does this, lest a sum that falls on a whole number fall on the other side of it.
    private static int[] NearestPlaces(int length, int newLength)
    {
        int[] places = new int[newLength];
        double step = (double)length / newLength, place = step * 0.5;
        for (int i = 0; i < newLength; i++, place += step)
            places[i] = Math.Min(length - 1, (int)place);
        return places;
    }

    /// <summary>Which pixels of a line make each new pixel, and by what weights, in units of 2^-22.</summary>
    private sealed class Taps
    {
        private readonly int[] _starts;
        private readonly int[] _lengths;
        private readonly int[] _weights;
        private readonly int _most;

        public Taps(int length, int newLength, ResampleFilter filter)
        {
            double scale = (double)length / newLength, stretch = Math.Max(1, scale);
            double support = Support(filter) * stretch;
            _most = (int)Math.Ceiling(support) * 2 + 1;
            _starts = new int[newLength];
            _lengths = new int[newLength];
            _weights = new int[checked(newLength * _most)];
            double[] weights = new double[_most];
            for (int i = 0; i < newLength; i++)
            {
                double centre = (i + 0.5) * scale;
                _starts[i] = Math.Max(0, (int)(centre - support + 0.5));
                _lengths[i] = Math.Min(length, (int)(centre + support + 0.5)) - _starts[i];
                double sum = 0;
                for (int k = 0; k < _lengths[i]; k++)
                    sum += weights[k] = Weight(filter, (k + _starts[i] - centre + 0.5) / stretch);
                for (int k = 0; k < _lengths[i]; k++)
                    _weights[i * _most + k] = ToFixed(sum == 0 ? weights[k] : weights[k] / sum);
            }
        }

        /// <summary>New pixels.</summary>
        public int Count => _starts.Length;

        /// <summary>The old pixels that any new one is made of, from the first to before the last.</summary>
        public (int First, int End) Range => (_starts[0], _starts[^1] + _lengths[^1]);

        public ReadOnlySpan<int> Of(int index, out int start)
        {
            start = _starts[index];
            return _weights.AsSpan(index * _most, _lengths[index]);
        }

        private static int ToFixed(double weight) => (int)(weight * (1 << PrecisionBits) + (weight < 0 ? -0.5 : 0.5));

        private static double Support(ResampleFilter filter) => filter switch
        {
            ResampleFilter.Box => 0.5,
            ResampleFilter.Bilinear or ResampleFilter.Hamming => 1,
            ResampleFilter.Bicubic => 2,
            ResampleFilter.Lanczos => 3,
            _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "There is no such filter."),
        };

        private static double Weight(ResampleFilter filter, double x)
        {
            if (filter == ResampleFilter.Box)
                return x is > -0.5 and <= 0.5 ? 1 : 0;
            x = Math.Abs(x);
            return filter switch
            {
                ResampleFilter.Bilinear => x < 1 ? 1 - x : 0,
                ResampleFilter.Hamming => x < 1 ? Sinc(x) * (0.54 + 0.46 * Math.Cos(Math.PI * x)) : 0,
                ResampleFilter.Bicubic => Cubic(x),
                _ => x < 3 ? Sinc(x) * Sinc(x / 3) : 0,
            };
        }

        private static double Cubic(double x)
        {
            const double A = -0.5;
            return x < 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
        }

        private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);
    }
}
