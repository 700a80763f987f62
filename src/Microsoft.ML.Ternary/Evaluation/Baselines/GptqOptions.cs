// The settings of GPTQ that published comparisons vary.
using System.Globalization;

namespace Microsoft.ML.Ternary.Evaluation.Baselines;

/// <summary>Options of <see cref="GptqQuantizer"/>.</summary>
public sealed record GptqOptions
{
    /// <summary>The group size that gives a row of weights (a channel) one scale.</summary>
    public const int PerChannel = -1;

    /// <summary>Columns whose errors are propagated together; results do not depend on it but for rounding.</summary>
    internal const int BlockSize = 128;

    /// <summary>Bits of a weight: 2, 3 or 4.</summary>
    public int Bits { get; init; } = 2;

    /// <summary>Neighbouring weights of a row that share a scale, a power of two from 8 to 1024, or <see cref="PerChannel"/>. With
    /// <see cref="ActivationOrder"/> neighbours are meant in the order of rounding.</summary>
    public int GroupSize { get; init; } = PerChannel;

    /// <summary>Most texts to calibrate on.</summary>
    public int CalibrationRows { get; init; } = 128;

    /// <summary>What is added to the diagonal of the Hessian, as a share of its mean.</summary>
    public double Damping { get; init; } = 0.01;

    /// <summary>Whether columns are rounded in the order of falling activations (act-order, desc_act) instead of their own.</summary>
    public bool ActivationOrder { get; init; }

    /// <summary>Whether levels lie symmetrically around zero; else between the smallest and the largest weight of a group, with a
    /// zero point.</summary>
    public bool Symmetric { get; init; } = true;

    /// <summary>Whether the range of a group is narrowed to where the rounding error is least (the mse option of the authors' code)
    /// instead of reaching to its extremes.</summary>
    public bool SearchRange { get; init; }

    /// <summary>Whether weights go to the nearest level without regard to the others (RTN): nothing is calibrated then.</summary>
    public bool NearestRounding { get; init; }

    /// <summary>Whether a matrix of so many columns has a form that packed kernels run: codes from -4 to 4 with one scale a row.</summary>
    internal bool IsPacked(int columns) => Symmetric && Bits <= 3 && (GroupSize == PerChannel || GroupSize >= columns);

    /// <summary>The settings in words, for a model's provenance.</summary>
    internal string Describe()
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        string levels = string.Create(culture, $"{Bits} bits, {(Symmetric ? "symmetric" : "asymmetric")}{(SearchRange ? " with searched ranges" : "")}");
        string groups = GroupSize == PerChannel ? "one scale a row" : string.Create(culture, $"groups of {GroupSize}");
        return NearestRounding
            ? $"rounded to the nearest, {levels}, {groups}"
            : string.Create(culture, $"GPTQ, {levels}, {groups}, damping {Damping}{(ActivationOrder ? ", act-order" : "")}");
    }

    internal void Validate()
    {
        Require(Bits is 2 or 3 or 4, nameof(Bits), Bits, "2, 3 or 4");
        Require(GroupSize == PerChannel || (GroupSize is >= 8 and <= 1024 && int.IsPow2(GroupSize)), nameof(GroupSize), GroupSize, $"{PerChannel} for one scale a row, or a power of two from 8 to 1024");
        Require(CalibrationRows > 0, nameof(CalibrationRows), CalibrationRows, "at least 1");
        Require(Damping >= 0 && double.IsFinite(Damping), nameof(Damping), Damping, "0 or more and finite; 0.01 is usual");
    }

    private static void Require(bool holds, string option, object value, string expected)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(option, value, $"{nameof(GptqOptions)}.{option} must be {expected}.");
    }
}
