// Classifies text with a ternary embedding model and an ML.NET trainer, saves the pipeline as ML.NET saves its own, and proves
// that a second process, which knows only the saved file, predicts the same to the last bit.
using System.CommandLine;
using Samples.Common;
using Samples.TextClassification;

Option<string> model = new("--model")
{
    Description = "A .ternary file, or a sentence-transformers folder to embed with in full precision.",
    DefaultValueFactory = _ => RepositoryFiles.TernaryModel,
};
Option<int> glosses = new("--glosses") { Description = "WordNet glosses to learn from and test on.", DefaultValueFactory = _ => 8000 };
Option<string?> output = new("--output") { Description = "Where to save the pipeline; a temporary file without it." };
RootCommand command = new("Learns the lexicographer class of WordNet's glosses from their embeddings.") { model, glosses, output };
command.SetAction(parsed => ClassifyCommand.Run(parsed.GetRequiredValue(model), parsed.GetValue(glosses), parsed.GetValue(output)));

// The second process: the program starts itself with this command.
Argument<string> pipeline = new("pipeline") { Description = "The pipeline that was saved." };
Command predict = new("predict", "Predicts each line of the input with a saved pipeline.") { pipeline };
predict.SetAction(parsed => Predictor.PredictInput(parsed.GetRequiredValue(pipeline)));
command.Add(predict);
return command.Parse(args).Invoke();
