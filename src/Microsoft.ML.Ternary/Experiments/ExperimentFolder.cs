// Where an experiment keeps what it must not lose: what it was asked, a line of JSON for each result, the checkpoints of trials that
// may still go on, and the models worth having. Every file is whole at any moment, so that a run that was killed is gone on with.
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Experiments;

internal sealed class ExperimentFolder : IDisposable
{
    private const string IdentityFile = "experiment.json", TrialsFile = "trials.jsonl", LockFile = "experiment.lock";
    private const string FormatKey = "format", Format = "Ternary.ML experiment 1";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static readonly JsonSerializerOptions Line = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private readonly string _path;
    private readonly bool _temporary;
    private readonly FileStream _lock;
    private readonly List<TrialLine> _lines;

    private ExperimentFolder(string path, bool temporary, FileStream lockFile)
    {
        (_path, _temporary, _lock) = (path, temporary, lockFile);
        _lines = ReadLines();
    }

    /// <summary>Opens a folder, new or of the same experiment; without a path a temporary one.</summary>
    /// <exception cref="InvalidOperationException">It holds another experiment or something else, or another run is at work in it.</exception>
    /// <exception cref="InvalidDataException">One of its files is damaged.</exception>
    public static ExperimentFolder Open(string? path, Dictionary<string, string> identity)
    {
        if (path is null)
            return Lock(Directory.CreateTempSubdirectory("ternary-experiment-").FullName, temporary: true);
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(path);
        string file = Path.Combine(path, IdentityFile);
        if (File.Exists(file))
            CheckSame(path, file, identity);
        else if (Directory.EnumerateFileSystemEntries(path).Any(entry => Path.GetFileName(entry) != LockFile))
            throw new InvalidOperationException($"{path} holds files, but no experiment ({IdentityFile}). Name an empty or a new folder.");
        ExperimentFolder folder = Lock(path, temporary: false);
        if (!File.Exists(file))
            folder.Write(IdentityFile, [JsonSerializer.Serialize(new Dictionary<string, string>(identity) { [FormatKey] = Format }, Indented)]);
        return folder;
    }

    /// <summary>Results of earlier runs, then of this.</summary>
    public IReadOnlyList<TrialLine> Lines => _lines;

    public string Checkpoint(int trial) => Path.Combine(_path, FormattableString.Invariant($"trial-{trial}.checkpoint"));

    /// <summary>The model of a result, or null where it was not kept.</summary>
    public string? KeptModel(TernaryTrial trial) => !_temporary && File.Exists(Model(trial)) ? Model(trial) : null;

    public EmbeddingModel LoadModel(TernaryTrial trial) => TernaryModelFile.Load(Model(trial), memoryMap: false);

    /// <summary>Keeps a result, after its model: a line says that all of it is there.</summary>
    public void Add(TernaryTrialResult result, EmbeddingModel? model)
    {
        if (model is not null)
            TernaryModelFile.Save(model, Model(result.Trial));
        _lines.Add(TrialLine.Of(result));
        Write(TrialsFile, [.. _lines.Select(line => JsonSerializer.Serialize(line, Line))]);
    }

    /// <summary>Deletes the checkpoints of all other trials.</summary>
    public void KeepCheckpoints(IEnumerable<int> trials) => DeleteOthers("*.checkpoint", trials.Select(Checkpoint));

    /// <summary>Deletes the models of all other results.</summary>
    public void KeepModels(IEnumerable<TernaryTrial> trials) => DeleteOthers("*.ternary", trials.Select(Model));

    public void Dispose()
    {
        _lock.Dispose();
        if (_temporary)
            Directory.Delete(_path, recursive: true);
    }

    private string Model(TernaryTrial trial) => Path.Combine(_path, FormattableString.Invariant($"trial-{trial.Number}-rung-{trial.Rung}.ternary"));

    private static ExperimentFolder Lock(string path, bool temporary)
    {
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(path, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e)
        {
            throw new InvalidOperationException($"{path}: another run of the experiment is at work in this folder ({e.Message.TrimEnd('.')}).", e);
        }
        try
        {
            return new ExperimentFolder(path, temporary, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void CheckSame(string path, string file, Dictionary<string, string> identity)
    {
        Dictionary<string, string> other;
        try
        {
            other = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file)) ?? [];
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} is damaged: {e.Message} Name another folder.", e);
        }
        if (other.GetValueOrDefault(FormatKey) != Format)
            throw new InvalidOperationException($"{file} is not of a format that this version knows ({Format}). Name another folder.");
        string[] different = [.. identity.Where(part => other.GetValueOrDefault(part.Key) != part.Value).Select(part => part.Key)];
        if (different.Length > 0)
            throw new InvalidOperationException($"{path} holds another experiment: it differs in {string.Join(", ", different)}. Ask for the same, or name another folder.");
    }

    private List<TrialLine> ReadLines()
    {
        string file = Path.Combine(_path, TrialsFile);
        List<TrialLine> lines = [];
        if (!File.Exists(file))
            return lines;
        foreach (string text in File.ReadLines(file))
        {
            try
            {
                lines.Add(JsonSerializer.Deserialize<TrialLine>(text, Line) ?? throw new JsonException("null is no trial."));
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{file}, line {lines.Count + 1}: {e.Message} Delete the line and those after it to repeat these trials.", e);
            }
        }
        return lines;
    }

    private void Write(string name, string[] lines) => AtomicFile.Write(Path.Combine(_path, name), stream =>
    {
        using StreamWriter writer = new(stream, leaveOpen: true) { NewLine = "\n" };
        foreach (string line in lines)
            writer.WriteLine(line);
    });

    private void DeleteOthers(string pattern, IEnumerable<string> kept)
    {
        HashSet<string> keep = [.. kept];
        foreach (string file in Directory.EnumerateFiles(_path, pattern).Where(file => !keep.Contains(file)))
            File.Delete(file);
    }
}
