// What a model or an index takes to load and to hold is measured in a process of its own, which is this program with a hidden command.
using System.Diagnostics;
using System.Text.Json;

namespace Benchmarks;

/// <summary>This program as a child.</summary>
internal static class OwnProcess
{
    /// <summary>How one of its commands is started.</summary>
    public static ProcessStartInfo Start(string command, params string[] arguments)
    {
        string assembly = typeof(OwnProcess).Assembly.Location, program = Environment.ProcessPath!, name = Path.GetFileNameWithoutExtension(program);
        if (name == Path.GetFileNameWithoutExtension(assembly))
            return new ProcessStartInfo(program, [command, .. arguments]);
        // The runtime itself, or a program that runs tests.
        return new ProcessStartInfo(name == "dotnet" ? program : "dotnet", [assembly, command, .. arguments]);
    }

    /// <summary>Runs a command and reads the JSON that it prints.</summary>
    /// <exception cref="InvalidDataException">It failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static T Read<T>(string what, CancellationToken cancellation, string command, params string[] arguments)
    {
        ProcessStartInfo start = Start(command, arguments);
        start.RedirectStandardOutput = true;
        using Process child = Process.Start(start)!;
        using CancellationTokenRegistration kill = cancellation.Register(child.Kill);
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        return child.ExitCode == 0
            ? JsonSerializer.Deserialize<T>(output)!
            : throw new InvalidDataException($"The process that ran {what} ended with code {child.ExitCode}; its message is above.");
    }
}
