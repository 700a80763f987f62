// The parts of a retrieval task, as BEIR has them.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>A document of a retrieval task.</summary>
/// <param name="Id">What judgements know it by.</param>
/// <param name="Title">Its title, null or empty where it has none.</param>
/// <param name="Text">Its text.</param>
public sealed record RetrievalDocument(string Id, string? Title, string Text)
{
    /// <summary>What is embedded and indexed: title and text with a space between, as BEIR and MTEB join them.</summary>
    public string Content => $"{Title} {Text}".Trim();
}

/// <summary>A query of a retrieval task.</summary>
/// <param name="Id">What judgements know it by.</param>
/// <param name="Text">Its text.</param>
public sealed record RetrievalQuery(string Id, string Text);
