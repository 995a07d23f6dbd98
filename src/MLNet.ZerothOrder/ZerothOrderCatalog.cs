using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>Black-box attacks and robustness metrics. Returned by <c>mlContext.ZerothOrder()</c>.</summary>
public sealed class ZerothOrderCatalog
{
    private readonly MLContext _context;

    internal ZerothOrderCatalog(MLContext context)
    {
        _context = context;
        context.ComponentCatalog.RegisterAssembly(typeof(ZerothOrderCatalog).Assembly);
    }

    /// <summary>An estimator that finds an adversarial example for each row, with queries alone.</summary>
    /// <exception cref="InputException">The options contradict each other, or the optimizer is unknown.</exception>
    public BlackBoxAttackEstimator BlackBoxAttack(BlackBoxAttackOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new BlackBoxAttackEstimator(_context, options);
    }

    /// <summary>An ONNX classifier as the target.</summary>
    /// <param name="modelPath">An <c>.onnx</c> file with one image input and one output of scores.</param>
    /// <param name="device">The device to run on; null for the CPU, or the GPU of <see cref="MLContext.GpuDeviceId"/>.</param>
    public BlackBoxTarget FromOnnx(string modelPath, Device? device = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        return new OnnxTarget(modelPath, device, null);
    }

    /// <summary>A fitted ML.NET model as the target. It is queried in whole batches and saved with the attack.</summary>
    /// <param name="model">
    /// The model. It must need only <paramref name="inputColumnName"/>: give the part of a pipeline after the feature vector, or a whole chain that loads, resizes and extracts
    /// images. Such an attack changes the pixels of the resized image.
    /// </param>
    /// <param name="inputColumnName">The input column of the model: a float vector with the size of the attacked column, or a column of images or of their paths.</param>
    /// <param name="scoreColumnName">The score column of the model: one score per class, or the single score of a binary classifier, positive for true.</param>
    public BlackBoxTarget FromTransformer(ITransformer model, string inputColumnName = "Features", string scoreColumnName = "Score")
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(scoreColumnName);
        return new TransformerTarget(model, inputColumnName, scoreColumnName);
    }

    /// <summary>The robustness of the classifier under the attack.</summary>
    /// <param name="data">The output of <see cref="BlackBoxAttackTransformer.Transform"/>; read once.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column of the attack is missing.</exception>
    public RobustnessMetrics EvaluateRobustness(IDataView data) => RobustnessEvaluator.Evaluate(data);

    /// <summary>
    /// Loads a model saved by <c>mlContext.Model.Save</c>. <c>mlContext.Model.Load</c> loads it as well, with the same results, but attacks
    /// its rows one by one. This method attacks many rows together.
    /// </summary>
    /// <param name="filePath">The file of the model.</param>
    /// <param name="inputSchema">The schema that was saved with the model; may be null.</param>
    /// <param name="modelPath">The new path of the attacked <c>.onnx</c> classifier, if it moved. Its content must be the same.</param>
    public ITransformer Load(string filePath, out DataViewSchema inputSchema, string? modelPath = null)
    {
        using FileStream stream = File.OpenRead(filePath);
        return Load(stream, out inputSchema, modelPath);
    }

    /// <summary>As <see cref="Load(string, out DataViewSchema, string?)"/>, from a stream.</summary>
    public ITransformer Load(Stream stream, out DataViewSchema inputSchema, string? modelPath = null) => Restore(_context.Model.Load(stream, out inputSchema), modelPath);

    private ITransformer Restore(ITransformer transformer, string? modelPath)
    {
        if (transformer is not TransformerChain<ITransformer> chain)
        {
            return transformer;
        }

        if (SavedAttack.Read(chain, _context) is { } state)
        {
            return SavedAttack.Open(_context, modelPath is null || state.Target!.Path is null ? state : state with { Target = state.Target with { Path = modelPath } });
        }

        return new TransformerChain<ITransformer>([.. chain.Select(step => Restore(step, modelPath))]);
    }
}
