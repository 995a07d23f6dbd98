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
    public BlackBoxTarget FromOnnx(string modelPath, OnnxDevice? device = null)
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
    /// <param name="scoreColumnName">The score column of the model: one score per class, or the single score of a binary classifier: a logit, positive for true, or a probability if the column is called Probability or <see cref="AttackOptions.Scores"/> says so.</param>
    public BlackBoxTarget FromTransformer(ITransformer model, string inputColumnName = "Features", string scoreColumnName = "Score")
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(scoreColumnName);
        return new TransformerTarget(model, inputColumnName, scoreColumnName);
    }

    /// <summary>
    /// What would have to change in each row for another outcome: for each row, up to <see cref="CounterfactualOptions.Count"/> feasible rows that differ in few features, each in other features than
    /// the others, the cheapest first. Each has a sentence, such as <c>Income 41,000 → 43,500 and Debts 5 → 4</c>.
    /// </summary>
    /// <param name="model">The fitted model, from the columns of the rows on.</param>
    /// <param name="data">The rows; read at once.</param>
    /// <param name="options">The columns, what rows can be, and what is wanted.</param>
    /// <returns>The counterfactuals, row by row. A row that has the wanted outcome, or for which none was found, has none.</returns>
    /// <exception cref="InputException">The model does not run on the columns, or a row breaks the constraints.</exception>
    /// <exception cref="OracleException">The model failed.</exception>
    public IReadOnlyList<Counterfactual> Counterfactuals(ITransformer model, IDataView data, CounterfactualOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        FeatureConstraints constraints = options.Constraints ?? FeatureConstraints.Learn(data, options.InputColumnNames);
        var table = TableColumns.Of(data.Schema, options.InputColumnNames, constraints);
        OpenTarget target = new TransformerTarget(model, options.InputColumnNames[0], options.ScoreColumnName).Open(table, data.Schema.GetColumnOrNull("Label"), options.Attack.Scores);
        using IQueryOracle oracle = target.Oracle;
        IReadOnlyList<ReadOnlyMemory<float>> rows = table.Read(data);
        float[] all = oracle.ScoreRows(rows.Count, (row, input) => rows[row].Span.CopyTo(input), default, failedCalls: 1, out _, options.Cancellation);
        float[] scores = [.. all.Chunk(oracle.ScoreLength).Where(row => Array.TrueForAll(row, float.IsFinite)).SelectMany(row => row)];
        AttackOptions attack = options.Attack with
        {
            Scores = scores.Length == 0 ? ScoreKind.Logits : oracle.KindOf(scores, options.Attack.Scores),
            Loss = options.Attack.Loss with { Target = options.Target },
        };
        var search = new CounterfactualSearch(new TableAttack(oracle, constraints, attack), constraints, options.Count);
        return [.. search.Run(
            rows, (_, own) => options.Goal?.Invoke(own[^1]) ?? TableRowAttack.GoalOf(System.Numerics.Tensors.TensorPrimitives.IndexOfMax(own), attack), options.Cancellation).SelectMany(list => list)];
    }

    /// <summary>
    /// Compares an ONNX file with the fitted pipeline that it was exported from, on the first rows. Some transforms and trainers are exported to models that run and give other scores, so do this
    /// before anything is measured on the file.
    /// </summary>
    /// <param name="model">The fitted pipeline.</param>
    /// <param name="modelPath">The file that <c>ConvertToOnnx</c> wrote.</param>
    /// <param name="data">Rows with the columns that the file takes.</param>
    /// <param name="rows">The most rows to compare (default: 100).</param>
    /// <param name="scoreColumnName">The score column of the pipeline.</param>
    /// <exception cref="InputException">The file is no model of a table, it takes a column that the data lack, its scores are of another number than the pipeline's, or there is no row.</exception>
    /// <exception cref="OracleException">One of the two failed.</exception>
    public ExportComparison CompareExport(ITransformer model, string modelPath, IDataView data, int rows = 100, string scoreColumnName = "Score")
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        using OnnxTableModel file = OnnxTableModel.Load(modelPath);
        string[] columns = [.. file.Inputs.Select(input => input.Name)];
        if (Array.Find(columns, name => data.Schema.GetColumnOrNull(name) is null) is { } missing)
        {
            throw new InputException($"Model '{modelPath}' takes the column '{missing}', which the data do not have; give the data that the pipeline was fitted to.");
        }

        IDataView first = _context.Data.TakeRows(data, rows);
        FeatureConstraints constraints = FeatureConstraints.Learn(first, columns);
        var table = TableColumns.Of(data.Schema, columns, constraints);
        IReadOnlyList<ReadOnlyMemory<float>> compared = table.Read(first);
        using IQueryOracle fitted = new TransformerTarget(model, columns[0], scoreColumnName).Open(table, data.Schema.GetColumnOrNull("Label"), null).Oracle;
        using OnnxTableOracle exported = file.Open(constraints, compared);
        int length = exported.ScoreLength;
        if (length > 1 && length != fitted.ScoreLength)
        {
            throw new InputException($"Model '{modelPath}' gives {length} scores per row, and the pipeline's column '{scoreColumnName}' {fitted.ScoreLength}; name the pipeline that was exported.");
        }

        float[][] own = Scores(fitted), other = Scores(exported);
        return new ExportComparison(
            compared.Count, length == 1 ? 0 : own.Zip(other).Count(pair => Class(pair.First) != Class(pair.Second)),
            own.Zip(other).Max(pair => pair.First[^length..].Zip(pair.Second).Max(scores => Difference(scores.First, scores.Second))), exported.Warnings);

        float[][] Scores(IQueryOracle oracle) =>
            [.. oracle.ScoreRows(compared.Count, (row, input) => compared[row].Span.CopyTo(input), default, failedCalls: 1, out _, default).Chunk(oracle.ScoreLength)];

        static int Class(float[] scores) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(scores);

        static double Difference(float a, float b) => a.Equals(b) ? 0 : float.IsFinite(a) && float.IsFinite(b) ? Math.Abs((double)a - b) : double.PositiveInfinity;
    }

    /// <summary>The robustness of the classifier under the attack.</summary>
    /// <param name="data">The output of <see cref="BlackBoxAttackTransformer.Transform"/>; read once.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column of the attack is missing.</exception>
    public RobustnessMetrics EvaluateRobustness(IDataView data) => RobustnessEvaluator.Evaluate(data);

    /// <summary>How many rows the classifier stays right about if each may change within balls of several radii: the audit of <see cref="AuditSession"/>, with the same numbers. All rows are in memory.</summary>
    /// <param name="data">The rows, not yet attacked; read once.</param>
    /// <param name="target">The classifier, its columns and their range. What chooses or trains an optimizer must be unset: an audit has methods of its own.</param>
    /// <param name="audit">The question.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InputException">There are no rows, the classifier is right about none of them, or an option, a label or a value cannot be used.</exception>
    /// <exception cref="OracleException">The classifier failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled by the options' token.</exception>
    public AuditResult EvaluateRobustness(IDataView data, BlackBoxAttackOptions target, AuditOptions audit)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(audit);
        return new BlackBoxAttackEstimator(_context, target).Audit(data, audit);
    }

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
