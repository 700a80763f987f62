// The neighbours of one cursor's current row, searched for once however many columns ask.
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

internal sealed class AnnIndexRowSearch
{
    // Not -1, which is where a cursor stands before its first row.
    private const long NoRow = long.MinValue;

    private readonly AnnIndexTransformer _parent;
    private readonly IHost _host;
    private readonly DataViewRow _row;
    private readonly string _column;
    private readonly ValueGetter<VBuffer<float>> _getter;
    private readonly int[] _ids;
    private readonly float[] _distances;
    private float[] _dense = [];
    private VBuffer<float> _vector;
    private long _position = NoRow;

    public AnnIndexRowSearch(AnnIndexTransformer parent, IHost host, DataViewRow row, DataViewSchema.Column input)
    {
        _parent = parent;
        _host = host;
        _row = row;
        _column = input.Name;
        _getter = row.GetGetter<VBuffer<float>>(row.Schema[input.Index]);
        _ids = new int[parent.K];
        _distances = new float[parent.K];
    }

    /// <summary>The numbers of the nearest vectors; -1 where there are fewer.</summary>
    public ReadOnlySpan<int> Rows()
    {
        Search();
        return _ids;
    }

    /// <summary>Their distances; infinity where there are fewer.</summary>
    public void GetDistances(ref VBuffer<float> destination)
    {
        Search();
        VBufferEditor<float> editor = VBufferEditor.Create(ref destination, _distances.Length);
        _distances.CopyTo(editor.Values);
        destination = editor.Commit();
    }

    private void Search()
    {
        if (_position == _row.Position)
            return;
        _position = NoRow;
        _getter(ref _vector);
        ReadOnlySpan<float> query = DenseVector.Read(in _vector, ref _dense);
        Check(query);
        // An index that has lost vectors since may have fewer than K: what is missing comes as -1 and infinity.
        _parent.Index.Search(query, _parent.K, _ids, _distances, _parent.SearchOptions);
        _position = _row.Position;
    }

    private void Check(ReadOnlySpan<float> query)
    {
        if (query.Length != _parent.Index.Dimension)
            throw _host.Except($"Column '{_column}' has {query.Length} components in row {_row.Position}, expected {_parent.Index.Dimension}.");
        VectorProblem problem = VectorStore.Check(query, _parent.Index.Metric);
        if (problem != VectorProblem.None)
            throw AnnIndexColumns.Wrong(_host, _column, problem, _row.Position);
    }
}
