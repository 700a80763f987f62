// The benchmark's layout, with its odd lines: quotes that mean nothing and columns beyond the seventh.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public sealed class StsBenchmarkTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void PairsAreReadWithTheirScores()
    {
        File.WriteAllText(_path, "genre\tfile\t2012\t0001\t3.800\tShe said \"no.\tA \"b\n" + "genre\tfile\t2012\t0002\t0\tone\ttwo\tsource\tlicence\n");
        Assert.Equal([new SentencePair(3.8, "She said \"no.", "A \"b"), new SentencePair(0, "one", "two")], StsBenchmark.Read(_path));
    }

    [Theory]
    [InlineData("genre\tfile\t2012\t0001\t3.8\tonly one sentence", "line 1 has 6 columns")]
    [InlineData("genre\tfile\t2012\t0001\thigh\ta\tb", "'high'")]
    [InlineData("genre\tfile\t2012\t0001\t5.5\ta\tb", "'5.5'")]
    public void ADamagedLineIsNamed(string line, string message)
    {
        File.WriteAllText(_path, line);
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => StsBenchmark.Read(_path)).Message);
    }
}
