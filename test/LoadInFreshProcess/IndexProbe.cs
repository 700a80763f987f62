// What a program does with a saved index: open it and search. Prints kind, count and dimension; the memory that is resident before
// and after opening and after the searches, in bytes (0 where the system does not say); and for each query of the input, a line of
// the bits of its components, the ids found and the bits of their distances. usage: LoadInFreshProcess index FILE K < QUERIES
using System.Diagnostics;
using Microsoft.ML.Ternary.Ann;

internal static class IndexProbe
{
    public static void Run(string path, int k)
    {
        long before = Resident();
        long start = Stopwatch.GetTimestamp();
        using VectorIndex index = VectorIndex.Load(path);
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        Console.WriteLine($"{index.Kind} {index.Count} {index.Dimension}");
        long opened = Resident();
        int[] ids = new int[k];
        float[] distances = new float[k];
        List<string> found = [];
        start = Stopwatch.GetTimestamp();
        double first = 0;
        while (Console.In.ReadLine() is string line)
        {
            float[] query = [.. line.Split(' ').Select(bits => BitConverter.UInt32BitsToSingle(uint.Parse(bits)))];
            long asked = Stopwatch.GetTimestamp();
            index.Search(query, k, ids, distances);
            if (found.Count == 0)
                first = Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
            found.Add(string.Join(' ', ids.Select(id => $"{id}").Concat(distances.Select(distance => $"{BitConverter.SingleToUInt32Bits(distance)}"))));
        }
        Console.WriteLine($"{before} {opened} {Resident()} {milliseconds:f1} {first:f1}");
        foreach (string line in found)
            Console.WriteLine(line);
    }

    private static long Resident() => OperatingSystem.IsLinux()
        ? long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]) * 1024
        : 0;
}
