// Learned positions belong to images of one size; those of other images are interpolated between them, as transformers does: cubic
// convolution with a = -0.75 between the centres of patches, the border repeated (torch's bicubic interpolation).
using System.Collections.Concurrent;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Position embeddings for images of any size.</summary>
internal sealed class PositionGrids(VisionConfig config, float[] learned)
{
    // Images that keep their proportions come in many sizes; what is kept for them stays within bounds.
    private const int MostKept = 32;

    private readonly ConcurrentDictionary<(int Rows, int Columns), float[]> _grids = new();

    /// <summary>The positions of the prefix tokens and of so many rows and columns of patches, positions x hidden.</summary>
    public float[] Of((int Rows, int Columns) grid)
    {
        if (grid == (config.PositionGrid, config.PositionGrid))
            return learned;
        if (_grids.TryGetValue(grid, out float[]? positions))
            return positions;
        if (_grids.Count >= MostKept)
            _grids.Clear();
        return _grids.GetOrAdd(grid, Interpolate(grid.Rows, grid.Columns));
    }

    private float[] Interpolate(int rows, int columns)
    {
        int hidden = config.HiddenSize, side = config.PositionGrid, prefix = config.PrefixTokens * hidden;
        float[] positions = new float[checked(prefix + rows * columns * hidden)];
        learned.AsSpan(0, prefix).CopyTo(positions);
        ReadOnlySpan<float> patches = learned.AsSpan(prefix);
        Tap[] across = Taps(side, columns), down = Taps(side, rows);
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x++)
            {
                Span<float> target = positions.AsSpan(prefix + (y * columns + x) * hidden, hidden);
                for (int i = 0; i < 4; i++)
                {
                    for (int j = 0; j < 4; j++)
                        AddScaled(patches.Slice((down[y].Place(i) * side + across[x].Place(j)) * hidden, hidden), down[y].Weight(i) * across[x].Weight(j), target);
                }
            }
        }
        return positions;
    }

    private static void AddScaled(ReadOnlySpan<float> source, float weight, Span<float> target)
    {
        for (int i = 0; i < target.Length; i++)
            target[i] += weight * source[i];
    }

    private static Tap[] Taps(int length, int newLength)
    {
        float scale = (float)length / newLength;
        return [.. Enumerable.Range(0, newLength).Select(i => new Tap(scale * (i + 0.5f) - 0.5f, length))];
    }

    /// <summary>Four neighbours of a place on a line, and their weights.</summary>
    private readonly struct Tap(float place, int length)
    {
        private const float A = -0.75f;

        private readonly int _first = (int)MathF.Floor(place) - 1;
        private readonly float _rest = place - MathF.Floor(place);

        public int Place(int i) => Math.Clamp(_first + i, 0, length - 1);

        public float Weight(int i) => i switch
        {
            0 => Far(_rest + 1),
            1 => Near(_rest),
            2 => Near(1 - _rest),
            _ => Far(2 - _rest),
        };

        private static float Near(float x) => ((A + 2) * x - (A + 3)) * x * x + 1;

        private static float Far(float x) => ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
    }
}
