// How an experiment is watched: the calls that monitors of ML.NET's experiments get, and one for what happens within a trial.
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Experiments;

/// <summary>Hears how an experiment goes, on the thread that runs it. Implement what is of interest; the rest does nothing.</summary>
public interface ITernaryExperimentMonitor
{
    /// <summary>A trial begins to train.</summary>
    void ReportRunningTrial(TernaryTrial trial)
    {
    }

    /// <summary>A trial took a step.</summary>
    void ReportTrialProgress(TernaryTrial trial, DistillationProgress progress)
    {
    }

    /// <summary>A trial was trained to the end of its rung and measured.</summary>
    void ReportCompletedTrial(TernaryTrialResult result)
    {
    }

    /// <summary>A trial is the best so far; after <see cref="ReportCompletedTrial"/>.</summary>
    void ReportBestTrial(TernaryTrialResult result)
    {
    }

    /// <summary>A trial failed; the experiment goes on.</summary>
    void ReportFailTrial(TernaryTrialResult result)
    {
    }

    /// <summary>A candidate breaks a limit and is not trained. Said once for each shape of model.</summary>
    void ReportRefusedTrial(TernaryTrialResult result)
    {
    }
}
