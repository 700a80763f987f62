// The public tasks' layouts, imitated: quoted fields that hold commas, quotes and lines.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public sealed class PublicTasksTests : IDisposable
{
    private const string Sts = "g\tf\t2012\t1\t3.800\ta\tb\ng\tf\t2012\t2\t0\tc\td\textra\n";
    private const string Train = "text,category\nWhere is it?,arrival\n\"I asked, \"\"where\"\"\nis it?\",arrival\r\nLost,lost\n";

    private readonly TestFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void BothTasksAreReadAsDistributed()
    {
        Write("stsb/sts-test.tsv", Sts);
        Write("banking77/train.csv", Train);
        Write("banking77/test.csv", "text,category\nGone,lost");
        IReadOnlyList<EvaluationTask> tasks = PublicTasks.Read(_root.Path);
        Assert.Equal(["stsb", "banking77", "banking77-few-shot"], tasks.Select(task => task.Name));
        Assert.Equal(["a", "c", "b", "d"], tasks[0].Texts);
        Assert.Equal(["Where is it?", "I asked, \"where\"\nis it?", "Lost", "Gone"], tasks[1].Texts);
        Assert.Equal(8, Assert.IsType<ClassificationTask>(tasks[2]).Options.FewShot);
    }

    [Fact]
    public void OneOfThemIsEnough()
    {
        Write("stsb/sts-test.tsv", Sts);
        Assert.Equal("stsb", PublicTasks.Read(_root.Path).Single().Name);
    }

    [Theory]
    [InlineData("text;category\n", "line 1: expected the header 'text,category', found 'text;category'")]
    [InlineData("", "line 1: expected the header 'text,category', found nothing")]
    [InlineData("text,category\na,b\n\"c\nd\",e,f\n", "line 3: 3 fields; expected 2")]
    [InlineData("text,category\na,b\n\n\"c,d\n", "line 4: a quote is opened and never closed")]
    [InlineData("text,category\n\"a\"b,c\n", "line 2: 'b' follows a closing quote")]
    [InlineData("text,category\na,x\nb,x\n", "label 'x'")]
    public void ADamagedFileIsNamedWithItsLine(string train, string message)
    {
        Write("banking77/train.csv", train);
        Write("banking77/test.csv", "text,category\nGone,lost");
        string found = Assert.Throws<InvalidDataException>(() => PublicTasks.Read(_root.Path)).Message;
        Assert.Contains(message, found);
        Assert.Contains("train.csv", found);
    }

    [Fact]
    public void WhatIsMissingIsNamed()
    {
        Assert.Contains("stsb/sts-test.tsv", Assert.Throws<FileNotFoundException>(() => PublicTasks.Read(_root.Path)).Message);
        Write("banking77/train.csv", Train);
        Assert.Contains("both train.csv and test.csv", Assert.Throws<FileNotFoundException>(() => PublicTasks.Read(_root.Path)).Message);
        Assert.Throws<DirectoryNotFoundException>(() => PublicTasks.Read(_root.File("nowhere")));
        Write("stsb/sts-test.tsv", "g\tf\t2012\t1\t3\ta\tb\n");
        File.Delete(_root.File("banking77/train.csv"));
        Assert.Contains("at least 2", Assert.Throws<InvalidDataException>(() => PublicTasks.Read(_root.Path)).Message);
    }

    private void Write(string file, string content)
    {
        string path = _root.File(file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
