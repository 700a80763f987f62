// The process that holds one index of this library, as peers/ has one for each peer: it builds, then searches query by query on
// one thread, until its input ends.
using System.Diagnostics;
using System.Runtime.InteropServices;
using Benchmarks.Ann.Data;
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Ann.Engines;

/// <summary>Answers requests.</summary>
internal sealed class AnnServer
{
    private VectorIndex? _index;
    private float[] _queries = [];

    /// <summary>Answers each line with a line.</summary>
    public static void Run(TextReader requests, TextWriter replies)
    {
        AnnServer server = new();
        while (requests.ReadLine() is string line)
        {
            replies.WriteLine(AnnLines.Write(server.Answer(line)));
            replies.Flush();
        }
    }

    private AnnReply Answer(string line)
    {
        try
        {
            AnnRequest request = AnnLines.Read<AnnRequest>(line);
            return request.Op switch
            {
                AnnRequest.BuildIndex => Build(request),
                AnnRequest.SearchIndex => Search(request),
                _ => throw new InvalidDataException($"There is no request '{request.Op}'."),
            };
        }
        catch (Exception e)
        {
            return new AnnReply { Error = e.Message };
        }
    }

    private AnnReply Build(AnnRequest request)
    {
        double seconds;
        using (MappedMatrix vectors = MappedMatrix.Open(request.Base!), queries = MappedMatrix.Open(request.Queries!))
        {
            _queries = queries.Values.ToArray();
            long start = Stopwatch.GetTimestamp();
            _index = OurIndex.Build(request, vectors);
            seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return new AnnReply { Seconds = seconds, Bytes = _index.SearchBytes, BytesRescoring = _index.RescoringBytes, Version = typeof(VectorIndex).Assembly.GetName().Version?.ToString(3) };
    }

    private AnnReply Search(AnnRequest request)
    {
        VectorIndex index = _index ?? throw new InvalidOperationException("Nothing was built yet.");
        SearchOptions options = OurIndex.Options(request.Parameters!);
        int[] ids = new int[request.Count * request.K];
        float[] distances = new float[request.K];
        int dimension = index.Dimension;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < request.Count; i++)
            index.Search(_queries.AsSpan((request.First + i) * dimension, dimension), request.K, ids.AsSpan(i * request.K, request.K), distances, options);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (request.Ids is string path)
            File.WriteAllBytes(path, MemoryMarshal.AsBytes(ids.AsSpan()).ToArray());
        return new AnnReply { Seconds = seconds };
    }
}
