// From a Hugging Face folder to a ternary file: prepares the text to distil on, and distils.
using System.CommandLine;
using Samples.DistillModel;

RootCommand root = DistillCommand.CreateRoot();
root.Add(DrawHeldOutCommand.Create());
root.Add(PrepareCorpusCommand.Create());
root.Add(EvaluateCommand.Create());
root.Add(AblationCommand.Create());
root.Add(GptqCommand.Create());
root.Add(ChooseDigitsCommand.Create());
// Ctrl+C writes a checkpoint first.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
