namespace MLNet.ZerothOrder;

/// <summary>A prior from its file, run by ONNX Runtime on the caller's thread. Thread-safe. After the first call of a thread, further calls allocate nothing.</summary>
public sealed class OnnxPrior : IDirectionPrior, IDisposable
{
    private readonly OnnxGraph _graph;

    /// <param name="path">The file.</param>
    /// <param name="name">The name in results; null for the path.</param>
    /// <exception cref="InputException">The file cannot be used, or ONNX Runtime cannot be loaded.</exception>
    public OnnxPrior(string path, string? name = null)
    {
        Info = PriorFile.Describe(path);
        Origin = new PriorOrigin(name ?? path, Info.Sha256, Info.Queries);
        int channels = Info.Image.Channels, height = Info.Image.Height, width = Info.Image.Width, classes = Info.Classes;
        try
        {
            _graph = new OnnxGraph(
                File.ReadAllBytes(path),
                (StudentGraph.Image, true, n => [n, channels, height, width]), (StudentGraph.Weights, true, n => [n, classes]),
                (StudentGraph.Scores, false, n => [n, classes]), (StudentGraph.Direction, false, n => [n, channels, height, width]));
        }
        catch (Microsoft.ML.OnnxRuntime.OnnxRuntimeException e)
        {
            throw new InputException($"Prior '{path}' cannot be run ({OnnxErrors.OneLine(e.Message).TrimEnd('.')}); learn it again.", e);
        }
    }

    /// <summary>What the file says.</summary>
    public PriorInfo Info { get; }

    /// <inheritdoc/>
    public PriorOrigin Origin { get; }

    /// <inheritdoc/>
    public int InputLength => Info.Image.Length;

    /// <inheritdoc/>
    public int Classes => Info.Classes;

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The prior is disposed.</exception>
    public void Predict(ReadOnlySpan<float> image, ReadOnlySpan<float> weights, Span<float> scores, Span<float> gradient)
    {
        int rows = image.Length / InputLength;
        OnnxGraph.Buffers buffers = _graph.Take(rows);
        try
        {
            image.CopyTo(buffers[0]);
            weights.CopyTo(buffers[1]);
            buffers.Run();
            buffers[2].CopyTo(scores);
            buffers[3].CopyTo(gradient);
        }
        finally
        {
            _graph.Return(rows, buffers);
        }
    }

    /// <summary>Releases the native session. No prediction may be in progress.</summary>
    public void Dispose() => _graph.Dispose();
}
