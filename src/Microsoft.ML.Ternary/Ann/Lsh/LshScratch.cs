// What a search by hashes needs besides what every search needs: the query as planes are compared with it, its margins, and the order of
// buckets that follows from them.
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class LshScratch(int queryBytes, int fineQueryBytes, int batch, Hyperplanes planes)
    : SearchScratch(queryBytes, fineQueryBytes, batch)
{
    private readonly AlignedBuffer _rawQuery = new(planes.Normals.QueryBytes, clear: true);
    private readonly float[] _margins = GC.AllocateArray<float>(planes.Offsets.Length, pinned: true);

    public ProbeSequence Probes { get; } = new(planes.Tables, planes.Bits);

    public override void Prepare(ReadOnlySpan<float> query)
    {
        planes.Normals.PrepareQuery(query, _rawQuery.Pointer);
        float* margins = (float*)Marshal.UnsafeAddrOfPinnedArrayElement(_margins, 0);
        planes.Normals.DistancesInOrder(_rawQuery.Pointer, 0, _margins.Length, margins);
        float scale = planes.Norm == 0 ? 1 : ScaleTo(planes.Norm, query);
        for (int i = 0; i < _margins.Length; i++)
            _margins[i] = -_margins[i] * scale - planes.Offsets[i];
        Probes.Begin(_margins);
    }

    private static float ScaleTo(float norm, ReadOnlySpan<float> query)
    {
        double squares = 0;
        foreach (float x in query)
            squares += (double)x * x;
        return squares == 0 ? 1 : (float)(norm / Math.Sqrt(squares));
    }
}
