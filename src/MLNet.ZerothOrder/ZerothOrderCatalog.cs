using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>Black-box attacks and what measures them. <c>mlContext.ZerothOrder()</c> gives it.</summary>
public sealed class ZerothOrderCatalog
{
    private readonly MLContext _context;

    internal ZerothOrderCatalog(MLContext context)
    {
        _context = context;
        context.ComponentCatalog.RegisterAssembly(typeof(ZerothOrderCatalog).Assembly);
    }

    /// <summary>An estimator that finds each row's adversarial example by queries alone.</summary>
    /// <exception cref="InputException">The options do not go together, or name an optimizer that is not there.</exception>
    public BlackBoxAttackEstimator BlackBoxAttack(BlackBoxAttackOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new BlackBoxAttackEstimator(_context, options);
    }

    /// <summary>An ONNX classifier as the target.</summary>
    /// <param name="modelPath">An <c>.onnx</c> file with one image input and one output of scores.</param>
    /// <param name="device">What it runs on; null is the CPU, or the GPU that <see cref="MLContext.GpuDeviceId"/> names.</param>
    public BlackBoxTarget FromOnnx(string modelPath, Device? device = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        return new OnnxTarget(modelPath, device, null);
    }

    /// <summary>Any fitted ML.NET model as the target. It is asked for whole batches, and saved with the attack.</summary>
    /// <param name="model">It must work on <paramref name="inputColumnName"/> alone: the part of a pipeline from the feature vector on.</param>
    /// <param name="inputColumnName">The column that it reads: a float vector, of the attacked column's size.</param>
    /// <param name="scoreColumnName">The column of its scores: one per class, or the single score of a binary classifier, positive for true.</param>
    public BlackBoxTarget FromTransformer(ITransformer model, string inputColumnName = "Features", string scoreColumnName = "Score")
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(scoreColumnName);
        return new TransformerTarget(model, inputColumnName, scoreColumnName);
    }

    /// <summary>How well a classifier withstood an attack.</summary>
    /// <param name="data">What <see cref="BlackBoxAttackTransformer.Transform"/> gave; read once.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column that the attack adds is missing.</exception>
    public RobustnessMetrics EvaluateRobustness(IDataView data) => RobustnessEvaluator.Evaluate(data);

    /// <summary>
    /// Loads a model that <c>mlContext.Model.Save</c> wrote. <c>mlContext.Model.Load</c> reads it, too, with the same results, but attacks
    /// its rows one by one; this one attacks many together.
    /// </summary>
    /// <param name="filePath">The model's file.</param>
    /// <param name="inputSchema">The schema that it was saved with; may be null.</param>
    /// <param name="modelPath">Where the attacked <c>.onnx</c> classifier is now, if it moved. It must be the same file.</param>
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
