// The trainers of the tasks that learn: ML.NET's, on frozen embeddings, set so that the same rows give the same predictions.
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Trains on embeddings and predicts.</summary>
internal static class FrozenFeatureTrainers
{
    // L-BFGS adds up the parts of its sums in the order of the threads: a number of them that no machine changes gives the
    // same sums on all.
    private const int LbfgsThreads = 4;

    private const int MaxIterations = 100;

    /// <summary>The class that logistic regression gives each test row.</summary>
    /// <param name="train">Labelled rows.</param>
    /// <param name="classes">Classes that the labels may have.</param>
    /// <param name="test">Rows to classify.</param>
    /// <param name="cancellation">Stops the training.</param>
    public static int[] Classify(FeatureRow[] train, int classes, FeatureRow[] test, CancellationToken cancellation)
    {
        MLContext ml = new(seed: 1);
        return FitAndPredict(ml, LogisticRegression(ml), View(ml, train, classes), View(ml, test, classes), cancellation);
    }

    /// <summary>Multinomial logistic regression as scikit-learn's defaults have it: penalty ½ |W|² beside the summed loss, none on biases.</summary>
    internal static LbfgsMaximumEntropyMulticlassTrainer LogisticRegression(MLContext ml) =>
        ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(new LbfgsMaximumEntropyMulticlassTrainer.Options
        {
            // ML.NET divides loss and penalty alike by the number of rows.
            L2Regularization = 1,
            L1Regularization = 0,
            MaximumNumberOfIterations = MaxIterations,
            OptimizationTolerance = 1e-6f,
            DenseOptimizer = true,
            NumberOfThreads = LbfgsThreads,
            Quiet = true,
        });

    /// <summary>Rows as ML.NET reads them: the columns Features and Label, a key of as many values as there are classes.</summary>
    internal static IDataView View(MLContext ml, FeatureRow[] rows, int classes)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(FeatureRow));
        schema[nameof(FeatureRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Features.Length);
        schema[nameof(FeatureRow.Label)].ColumnType = new KeyDataViewType(typeof(uint), classes);
        return ml.Data.LoadFromEnumerable(rows, schema);
    }

    /// <summary>The cluster that k-means gives each row.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="clusters">Clusters to make, at most as many as there are different rows.</param>
    /// <param name="seed">Decides where the centroids begin (k-means++).</param>
    /// <param name="cancellation">Stops the training.</param>
    public static int[] Cluster(FeatureRow[] rows, int clusters, int seed, CancellationToken cancellation)
    {
        MLContext ml = new(seed);
        IEstimator<ITransformer> trainer = ml.Clustering.Trainers.KMeans(new KMeansTrainer.Options
        {
            NumberOfClusters = clusters,
            InitializationAlgorithm = KMeansTrainer.InitializationAlgorithm.KMeansPlusPlus,
            MaximumNumberOfIterations = MaxIterations,
            OptimizationTolerance = 1e-6f,
            // Threads would share the rows as they happen to come.
            NumberOfThreads = 1,
        });
        IDataView view = View(ml, rows, clusters);
        return FitAndPredict(ml, trainer, view, view, cancellation);
    }

    private static int[] FitAndPredict(MLContext ml, IEstimator<ITransformer> trainer, IDataView train, IDataView test, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using CancellationTokenRegistration registration = cancellation.Register(ml.CancelExecution);
        try
        {
            // Keys count from 1.
            return [.. trainer.Fit(train).Transform(test).GetColumn<uint>("PredictedLabel").Select(key => (int)key - 1)];
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }
}
