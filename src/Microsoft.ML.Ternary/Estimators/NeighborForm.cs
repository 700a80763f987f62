// In which form a pipeline gives neighbours: what people read, or what ML.NET's own transforms and trainers take.
namespace Microsoft.ML.Ternary;

/// <summary>What the column of neighbours holds.</summary>
public enum NeighborForm
{
    /// <summary>The ids themselves: values of the id column, or row numbers. Where fewer than K neighbours are found, the rest is the
    /// type's missing value: -1 among row numbers, NaN among <see cref="float"/> and <see cref="double"/>, 0 among other numbers,
    /// empty text.</summary>
    Ids,

    /// <summary>Keys: the place of the neighbour in the index, from 1, as <see cref="uint"/>; 0 where there is none. The column's
    /// KeyValues annotation holds the ids, so that MapKeyToValue gives them and MapKeyToVector counts them. Every indexed row has a
    /// key of its own, even if two rows have the same id.</summary>
    Keys,
}
