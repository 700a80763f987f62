// From a Hugging Face folder to a ternary file: prepares the text to distil on, and distils.
using System.CommandLine;
using Samples.DistillModel;

RootCommand root = new("Distils a sentence embedding model into ternary weights.")
{
    DrawHeldOutCommand.Create(),
    PrepareCorpusCommand.Create(),
};
return root.Parse(args).Invoke();
