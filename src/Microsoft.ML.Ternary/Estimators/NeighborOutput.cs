// The column of neighbours in either form: its type, its annotations and its values, and what estimators promise of it.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary;

/// <summary>Neighbours as ids or as keys.</summary>
internal sealed class NeighborOutput(NeighborForm form, NeighborIds ids)
{
    /// <summary>The type of one neighbour.</summary>
    public PrimitiveDataViewType ItemType => form == NeighborForm.Keys ? new KeyDataViewType(typeof(uint), ids.Count) : ids.ItemType;

    /// <summary>What schemas say of an item whose ids have a type: in the shape of a schema a key is a number with a mark.</summary>
    public static DataViewType ShapeType(NeighborForm form, DataViewType idType) => form == NeighborForm.Keys ? NumberDataViewType.UInt32 : idType;

    /// <summary>The shape of the column.</summary>
    public static SchemaShape.Column Shape(string name, NeighborForm form, DataViewType idType)
    {
        SchemaShape.Column[] annotations = form == NeighborForm.Keys
            ? [new SchemaShape.Column(AnnotationUtils.Kinds.KeyValues, SchemaShape.Column.VectorKind.Vector, idType, isKey: false)]
            : [];
        return new SchemaShape.Column(name, SchemaShape.Column.VectorKind.Vector, ShapeType(form, idType), form == NeighborForm.Keys, new SchemaShape(annotations));
    }

    /// <summary>The column.</summary>
    public DataViewSchema.DetachedColumn ToColumn(string name, int k)
    {
        DataViewSchema.Annotations.Builder annotations = new();
        if (form == NeighborForm.Keys)
            ids.AddKeyValues(annotations);
        return new DataViewSchema.DetachedColumn(name, new VectorDataViewType(ItemType, k), annotations.ToAnnotations());
    }

    /// <summary>A getter of its values.</summary>
    public Delegate MakeGetter(NearestRows nearest) => form == NeighborForm.Keys ? ids.MakeKeyGetter(nearest) : ids.MakeGetter(nearest);
}
