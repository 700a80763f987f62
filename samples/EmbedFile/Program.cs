// Embeds a file: each line of a text file, or the "text" of each JSON line, into JSON lines or a NumPy array. It is also the
// way to compare this library with any other implementation.
using System.CommandLine;
using Samples.EmbedFile;

Option<string> model = new("--model") { Description = "A sentence-transformers folder or a .ternary file.", Required = true };
Option<string> input = new("--input") { Description = "Text, one a line; or JSON lines with a \"text\" (.jsonl).", Required = true };
Option<string> output = new("--output") { Description = "Where the embeddings go: .jsonl (ids and embedding) or .npy (float32, rows x components).", Required = true };
Option<int> threads = new("--threads") { Description = "Most threads to use.", DefaultValueFactory = _ => Environment.ProcessorCount };
Option<int> dimension = new("--dimension") { Description = "Components to keep of each embedding; 0 keeps all." };
Option<int> maxLength = new("--max-length") { Description = "Most tokens of a text; 0 is the model's own maximum." };
Option<string> prefix = new("--prefix") { Description = "Put before every text, such as \"query: \".", DefaultValueFactory = _ => "" };

RootCommand command = new("Embeds each line of a file with a full-precision or ternary model.")
{
    model, input, output, threads, dimension, maxLength, prefix,
};
command.SetAction((parsed, cancellation) => EmbedCommand.RunAsync(
    new EmbedArguments
    {
        Model = parsed.GetRequiredValue(model),
        Input = parsed.GetRequiredValue(input),
        Output = parsed.GetRequiredValue(output),
        Threads = parsed.GetRequiredValue(threads),
        Dimension = parsed.GetValue(dimension),
        MaxLength = parsed.GetValue(maxLength),
        Prefix = parsed.GetRequiredValue(prefix),
    },
    cancellation));
// Ctrl+C cancels; what is left to do then, removing the half-written file, takes no time.
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
