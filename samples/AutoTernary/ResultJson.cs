// The same figures for programs: names and meanings stay, so that runs can be compared over time.
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Ternary.Experiments;
using Samples.Common;

namespace Samples.AutoTernary;

internal static class ResultJson
{
    private static readonly JsonSerializerOptions Form = new() { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static void Write(string path, TernaryExperimentResult result) => WholeFile.WriteLines(path,
    [
        JsonSerializer.Serialize(
            new Dictionary<string, object>
            {
                ["metric"] = result.MetricName,
                ["end"] = result.End.ToString().ToLowerInvariant(),
                ["seconds"] = Math.Round(result.Elapsed.TotalSeconds, 1),
                ["best"] = Row(result.BestTrial),
                ["front"] = result.Front.Select(Row),
                ["trials"] = result.Trials.Select(Row),
            },
            Form),
    ]);

    private static Dictionary<string, object?> Row(TernaryTrialResult result) => new()
    {
        ["trial"] = result.Trial.Number,
        ["rung"] = result.Trial.Rung,
        ["status"] = result.Status.ToString().ToLowerInvariant(),
        ["metric"] = result.Metric,
        ["bytes"] = result.Bytes,
        ["ms_per_text"] = Math.Round(result.MillisecondsPerText, 4),
        ["texts_per_s"] = Math.Round(result.TextsPerSecond, 1),
        ["steps"] = result.Steps,
        ["tokens"] = result.Tokens,
        ["seconds"] = Math.Round(result.Seconds, 2),
        ["settings"] = result.Trial.Parameters,
        ["reason"] = result.Reason,
        ["model"] = result.ModelPath,
    };
}
