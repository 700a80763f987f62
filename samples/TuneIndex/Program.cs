// Finds out which index suits a file of vectors: tunes on it, prints the frontier of recall against speed, and saves the index
// chosen if a name is given.
using System.CommandLine;
using Microsoft.ML.Ternary.Ann;
using Samples.TuneIndex;

Option<string> input = new("--input") { Description = "The vectors: .npy (float32, rows x components, as EmbedFile writes it) or .fvecs.", Required = true };
Option<string?> queries = new("--queries") { Description = "Queries, in either form. Without them some of the vectors are taken out." };
Option<string?> output = new("--output") { Description = "Where to save the index chosen." };
Option<AnnMetric> metric = new("--metric") { Description = "What near means.", DefaultValueFactory = _ => AnnMetric.Cosine };
Option<double> recall = new("--recall") { Description = "The share of true neighbours to find.", DefaultValueFactory = _ => 0.95 };
Option<int> k = new("--k") { Description = "Neighbours of a search.", DefaultValueFactory = _ => 10 };
Option<double> minutes = new("--minutes") { Description = "How long to look.", DefaultValueFactory = _ => 5 };
Option<double> bytes = new("--max-bytes") { Description = "Bytes of memory allowed for each vector; 0 is no limit." };

RootCommand command = new("Finds the fastest index for a recall target on a file of vectors.")
{
    input, queries, output, metric, recall, k, minutes, bytes,
};
command.SetAction((parsed, cancellation) => TuneCommand.Run(
    parsed.GetRequiredValue(input),
    parsed.GetValue(queries),
    parsed.GetValue(output),
    () => new AnnTuningOptions
    {
        Metric = parsed.GetValue(metric),
        RecallTarget = parsed.GetValue(recall),
        K = parsed.GetValue(k),
        TimeLimit = TimeSpan.FromMinutes(parsed.GetValue(minutes)),
        MaxBytesPerVector = parsed.GetValue(bytes),
    },
    cancellation));
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
