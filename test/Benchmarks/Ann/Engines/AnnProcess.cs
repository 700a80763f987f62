// A contender at work: its process, what it was told, and what the system says of it. Memory is read from outside, the same way
// for every engine: the kernel's high-water mark of resident memory.
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Benchmarks.Ann.Engines;

/// <summary>A process that holds one index.</summary>
internal sealed class AnnProcess : IDisposable
{
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly CancellationTokenRegistration _kill;
    private readonly CancellationToken _cancellation;
    private readonly string _label;
    private readonly DirectoryInfo _temporary = Directory.CreateTempSubdirectory("ternary-ann-");
    private bool _disposed;

    /// <summary>Starts a process.</summary>
    /// <param name="start">The program.</param>
    /// <param name="label">Its name in messages.</param>
    /// <param name="cancellation">Ends it.</param>
    public AnnProcess(ProcessStartInfo start, string label, CancellationToken cancellation)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        // What it leaves behind when it is ended goes with its folder.
        start.Environment["TMPDIR"] = _temporary.FullName;
        _label = label;
        _cancellation = cancellation;
        _process = Process.Start(start) ?? throw new IOException($"{label}: {start.FileName} could not be started.");
        _kill = cancellation.Register(Kill);
    }

    /// <summary>A folder for files that are exchanged with the process; it is deleted with this.</summary>
    public string TemporaryFolder => _temporary.FullName;

    /// <summary>Time that the process ran on processors so far.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Peak of its resident memory since it began or since <see cref="ForgetPeak"/>.</summary>
    public long PeakBytes
    {
        get
        {
            string status = $"/proc/{_process.Id}/status";
            if (File.Exists(status) && File.ReadLines(status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is string line)
                return 1024 * long.Parse(line.Split(':', StringSplitOptions.TrimEntries)[1].Split(' ')[0], CultureInfo.InvariantCulture);
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Lets the peak begin again from what is resident now, where the system can (Linux, proc_pid_clear_refs(5)).</summary>
    public bool ForgetPeak()
    {
        try
        {
            File.WriteAllText($"/proc/{_process.Id}/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Keeps all of its threads on one processor.</summary>
    /// <returns>Whether the system can.</returns>
    public bool Pin(int processor)
    {
        string tasks = $"/proc/{_process.Id}/task";
        if (!OperatingSystem.IsLinux() || processor >= 64 || !Directory.Exists(tasks))
            return false;
        ulong mask = 1UL << processor;
        return Directory.EnumerateDirectories(tasks)
            .Select(task => int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture))
            .Count(task => sched_setaffinity(task, sizeof(ulong), ref mask) == 0) > 0;
    }

    /// <summary>Asks and waits for the answer.</summary>
    /// <exception cref="InvalidDataException">The engine answered with an error, or its process ended.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public AnnReply Ask(AnnRequest request)
    {
        try
        {
            _process.StandardInput.WriteLine(AnnLines.Write(request));
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // The process is gone; what follows says so.
        }
        string? line = _process.StandardOutput.ReadLine();
        _cancellation.ThrowIfCancellationRequested();
        if (line is null)
        {
            _process.WaitForExit();
            throw new InvalidDataException($"{_label}: the process ended with code {_process.ExitCode}; its message is above.");
        }
        AnnReply reply = AnnLines.Read<AnnReply>(line);
        return reply.Error is null ? reply : throw new InvalidDataException($"{_label}: {reply.Error}");
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _kill.Dispose();
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before.
        }
        if (!_process.WaitForExit(Goodbye))
        {
            Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
        _temporary.Delete(recursive: true);
    }

    private void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself.
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int sched_setaffinity(int task, nint bytes, ref ulong mask);
}
