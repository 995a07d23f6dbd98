using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>A graph composed around a model, on the model's device. Thread-safe if each thread uses its own batch.</summary>
internal sealed class ComposedOracle : IStepOracle
{
    private readonly OnnxSession _session;
    private readonly Action<int>? _sending;

    private ComposedOracle(OnnxClassifierOracle oracle, OnnxSession session, string prefix, ComposedSettings settings, Action<int>? sending)
    {
        Oracle = oracle;
        _session = session;
        _sending = sending;
        Prefix = prefix;
        Settings = settings;
        Steps = oracle.Info.FixedRows is { } rows ? rows / (settings.Shape.Directions + 1) : Math.Max(1, oracle.PreferredRows / (settings.Shape.Directions + 1));
    }

    /// <inheritdoc/>
    public StepShape Shape => Settings.Shape;

    /// <inheritdoc/>
    public int Steps { get; }

    /// <summary>The oracle of the model without the graph.</summary>
    public OnnxClassifierOracle Oracle { get; }

    public ComposedSettings Settings { get; }

    /// <summary>The prefix of the names of inputs and outputs.</summary>
    public string Prefix { get; }

    public OnnxSession Session => _session;

    /// <summary>Composes and loads the graph.</summary>
    /// <exception cref="InputException">The file has changed since it was loaded, or its graph or its fixed rows do not allow composing.</exception>
    public static ComposedOracle Open(
        OnnxClassifierOracle oracle, long[] inputShape, OnnxDevice device, AttackLoss loss, ComposedSettings settings, Action<int>? sending)
    {
        OnnxClassifierInfo info = oracle.Info;
        int rows = settings.Shape.Directions + 1;
        if (info.FixedRows is { } fixedRows && fixedRows % rows != 0)
        {
            throw new InputException(
                $"Model '{info.Path}' takes exactly {fixedRows} image{(fixedRows == 1 ? "" : "s")} at a time, but a composed graph needs all {rows} queries of a step together; export it with an open batch axis, or attack it row by row.");
        }

        OnnxFile file = OnnxFile.Read(info.Path);
        if (file.Sha256 != info.Sha256)
        {
            throw new InputException($"Model '{info.Path}' has changed since it was loaded; load it again.");
        }

        (Model model, string scores) = oracle.Prepare(file);
        byte[] graph = ComposedGraph.Compose(model, info, scores, oracle.Outputs, inputShape, loss, settings, out string prefix);
        return new ComposedOracle(oracle, OnnxSession.Open(file, device, graph), prefix, settings, sending);
    }

    /// <inheritdoc/>
    public StepBatch CreateBatch() => new ComposedBatch(this);

    /// <summary>Makes one native call and counts it.</summary>
    public void Run(Binding binding, int steps)
    {
        int rows = steps * (Shape.Directions + 1);
        _sending?.Invoke(rows);
        Oracle.Run(_session, binding, rows);
    }

    /// <summary>Releases the native session. Dispose all batches first.</summary>
    public void Dispose() => _session.Dispose();
}
