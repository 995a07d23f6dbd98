using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// An ONNX image classifier as an oracle. Rows are images in [0, 1], channel by channel. Scores are the values of the model's output. They do
/// not depend on how rows are packed into batches: bit for bit on the CPU, up to rounding that depends on the batch size on CUDA.
/// Thread-safe if each thread uses its own batch. After the first call of a batch with some number of rows, further calls
/// allocate nothing on the CPU.
/// </summary>
/// <remarks>
/// Loading calls the model a few times with blank images to determine the shape of its output. These rows are not counted.
/// The native session is released when the oracle and all its batches are disposed, in any order.
/// </remarks>
public sealed class OnnxClassifierOracle : IQueryOracle
{
    // The default without a measurement. On two cores with the bundled targets, a row costs the same, within 5 %, in calls of 21 to 126 rows.
    // Large images need few rows to fill a call, and many rows of them would fill the memory.
    private const int CpuRows = 42;
    private const int CpuFloats = 1 << 20;
    private const int CudaRows = 512;
    private const int CudaFloats = 1 << 24;
    private const double EnoughRight = 0.9;

    private readonly OnnxSession _session;
    private readonly ClassifierInput _input;
    private readonly ClassifierOutput _output;
    private readonly long[] _outputDims;
    private readonly bool _isSteady;
    private int _users = 1;
    private int _disposed;
    private long _nativeCalls;
    private long _nativeRows;
    private long _nativeTicks;

    private OnnxClassifierOracle(OnnxFile file, OnnxSession session, OnnxOracleOptions options)
    {
        _session = session;
        _input = ClassifierInput.Read(file.Path, session.Native, options);
        _output = ClassifierOutput.Pick(file.Path, session.Native, options.Output);
        var guess = options.Encoding is { } asked
            ? new EncodingGuess(asked, ["The encoding was asked for."], 0)
            : DeclaredEncoding.Guess(file, _input.Name, _input.Type, _input.Image.Channels);
        if (guess.Encoding.Channels != 1 && guess.Encoding.Channels != _input.Image.Channels)
        {
            throw new InputException(
                $"The pixel encoding has {guess.Encoding.Channels} channels, but model '{file.Path}' takes images of {_input.Image}; give one value, or one per channel.");
        }

        var probe = new ClassifierProbe(file.Path, session, _input, _output, guess.Encoding).Run();
        _outputDims = probe.OutputDims;
        _isSteady = probe.IsSteady;
        int classes = ClassifierOutput.Classes(_outputDims, probe.Rows);
        var kind = options.Scores ?? ScoreKinds.Detect(probe.Scores, probe.Rows, classes);
        Info = new OnnxClassifierInfo
        {
            Path = file.Path,
            Sha256 = file.Sha256,
            Input = _input.Name,
            InputType = _input.Type,
            InputShape = _input.Shape,
            Layout = _input.Layout,
            LayoutReason = _input.Reason,
            Image = _input.Image,
            FixedRows = probe.FixedRows,
            Classes = classes,
            Output = _output.Name,
            OutputType = _output.Type,
            Scores = kind,
            ScoresReason = options.Scores is not null ? "It was asked for." : ScoresReason(kind, probe.Rows),
            Encoding = guess.Encoding,
            EncodingReasons = guess.Reasons,
            Producer = file.Producer,
            Opset = file.Opset,
            IrVersion = file.IrVersion,
            Metadata = file.Metadata,
            Device = session.Device,
        };
        Concurrency = _session.OnCuda ? 1 : options.Threads ?? Environment.ProcessorCount;
        int largest = Math.Max(1, (_session.OnCuda ? CudaFloats : CpuFloats) / InputLength);
        int preferred = options.PreferredRows ?? Math.Min(_session.OnCuda ? CudaRows : CpuRows, largest);
        if (options is { PreferredRows: null, BatchSizes: { } sizes } && Info.FixedRows is null)
        {
            preferred = sizes.Rows(this, _session.OnCuda, largest);
            _nativeCalls = _nativeRows = _nativeTicks = 0;
        }

        int multiple = Info.FixedRows ?? 1;
        PreferredRows = (preferred + multiple - 1) / multiple * multiple;
    }

    /// <summary>The version of ONNX Runtime. Scores of different versions may differ in their last bits.</summary>
    public static string RuntimeVersion => OnnxEnvironment.Open().GetVersionString();

    /// <summary>Adds everything that determines this classifier's scores to the identity of a run.</summary>
    public void AddTo(RunIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        identity.Add("ONNX Runtime", RuntimeVersion);
        identity.Add("device", Info.Device);
        identity.Add("model", $"SHA-256 {Info.Sha256}");
        identity.Add("pixels", Info.Encoding.ToString());
        identity.Add("layout", Info.Layout.ToString());
        identity.Add("output", Info.Output);
    }

    /// <summary>The properties of the model that were read or guessed.</summary>
    public OnnxClassifierInfo Info { get; private set; }

    /// <summary>The rows that loading scored to determine the encoding of the images; 0 without images.</summary>
    public int EncodingQueries { get; private set; }

    /// <inheritdoc/>
    public int InputLength => _input.Image.Length;

    /// <inheritdoc/>
    public int ScoreLength => Info.Classes;

    /// <inheritdoc/>
    public int Concurrency { get; }

    /// <inheritdoc/>
    public int PreferredRows { get; }

    /// <summary>The calls into ONNX Runtime since loading, including failed ones. Counted at the call, independently of any ledger.</summary>
    public long NativeCalls => Interlocked.Read(ref _nativeCalls);

    /// <summary>The rows of those calls, without rows that pad a fixed batch.</summary>
    public long NativeRows => Interlocked.Read(ref _nativeRows);

    /// <summary>Time spent in those calls, summed over the callers.</summary>
    public TimeSpan NativeTime => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _nativeTicks));

    /// <summary>The number of undisposed batches, plus 1 for the undisposed oracle. At 0 the native session is released.</summary>
    internal int Users => Volatile.Read(ref _users);

    /// <summary>Loads a classifier.</summary>
    /// <param name="path">An <c>.onnx</c> file.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="InputException">The file is not such a model, the options do not fit it, or the device is not available.</exception>
    public static OnnxClassifierOracle Load(string path, OnnxOracleOptions? options = null)
    {
        options ??= new OnnxOracleOptions();
        var file = OnnxFile.Read(path);
        if (OptimizerMetadata.NamesOptimizer(file.Metadata))
        {
            throw new InputException($"'{path}' is a learned optimizer, not a classifier; give it as the optimizer, and as the target a classifier.") { Argument = "Optimizer" };
        }

        file.DropWeights();
        var session = OnnxSession.Open(file, options.Device);
        OnnxClassifierOracle oracle;
        try
        {
            oracle = new OnnxClassifierOracle(file, session, options);
        }
        catch
        {
            session.Dispose();
            throw;
        }

        if (options.Warn is { } warn)
        {
            oracle.TellWarnings(warn);
        }

        return oracle;
    }

    /// <summary>
    /// Loads a classifier for the given images. Their size replaces open dimensions of the model. If the options name no encoding
    /// and the model's own encoding classifies fewer than nine in ten of up to 64 images correctly, the usual encodings are tried on them.
    /// </summary>
    /// <param name="path">An <c>.onnx</c> file.</param>
    /// <param name="images">Labelled images.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="InputException">As for <see cref="Load(string, OnnxOracleOptions?)"/>, or the images do not fit the model.</exception>
    /// <exception cref="OracleException">The model failed on the images.</exception>
    public static OnnxClassifierOracle Load(string path, ImageSet images, OnnxOracleOptions? options = null)
    {
        options ??= new OnnxOracleOptions();
        var oracle = Load(path, options with { Image = options.Image ?? images.Shape });
        try
        {
            oracle.EnsureMatches(images);
            if (options.Encoding is null)
            {
                oracle.GuessEncoding(images);
            }

            return oracle;
        }
        catch
        {
            oracle.Dispose();
            throw;
        }
    }

    /// <summary>Checks that images fit the model: their size, labels below <see cref="ScoreLength"/>, pixels in 0..1.</summary>
    /// <exception cref="InputException">The images do not fit the model.</exception>
    public void EnsureMatches(ImageSet images)
    {
        if (images.Shape != Info.Image)
        {
            throw new InputException($"The images of '{images.Name}' are {images.Shape}, but model '{Info.Path}' takes {Info.Image}; give images of the model's size.");
        }

        for (int i = 0; i < images.Count; i++)
        {
            if (images.Label(i) < 0 || images.Label(i) >= ScoreLength)
            {
                throw new InputException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Label {images.Label(i)} of image '{images.ImageName(i)}' is outside 0..{ScoreLength - 1} for a model with {ScoreLength} classes; correct the labels."));
            }

            foreach (float pixel in images.Image(i).Span)
            {
                if (!(pixel >= 0 && pixel <= 1))
                {
                    throw new InputException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"Image '{images.ImageName(i)}' has a pixel of {pixel}, outside 0..1; scale the images to 0..1."));
                }
            }
        }
    }

    /// <summary>
    /// Composes one graph around the model that answers whole attack steps in one call on the model's device: perturbation, box, encoding, model, loss and
    /// gradient estimate. A step costs the same q + 1 queries as row by row, counted in <see cref="NativeRows"/>, and gives the same
    /// losses and estimates up to float rounding. The model is loaded a second time.
    /// </summary>
    /// <param name="loss">The loss of all problems.</param>
    /// <param name="shape">The shape of every step.</param>
    /// <param name="drawInGraph">
    /// True: the graph draws the directions from their keys, so that they never leave the device. False: the processor draws them and passes them in. Null: true on
    /// CUDA, false on the CPU, where drawing outside the graph is faster.
    /// </param>
    /// <param name="sending">Called with the number of rows before every call, on the calling thread; null for none.</param>
    /// <exception cref="InputException">The file has changed, its operators are older than opset 11, or its fixed number of rows is not a multiple of a step's.</exception>
    public IStepOracle ComposeSteps(AttackLoss loss, StepShape shape, bool? drawInGraph = null, Action<int>? sending = null)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape.Directions);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        var settings = new ComposedSettings(shape, drawInGraph ?? _session.OnCuda);
        return ComposedOracle.Open(this, _input.Dims(-1), _session.Placed, loss, settings, sending);
    }

    /// <inheritdoc/>
    public QueryBatch CreateBatch(int capacity) => CreateBatch(capacity, Info.Encoding);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Another oracle created the batch.</exception>
    /// <exception cref="ObjectDisposedException">The oracle or the batch is disposed.</exception>
    public void Score(QueryBatch batch)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (batch is not OnnxBatch own || !own.IsFrom(this))
        {
            throw new ArgumentException("The batch was not created by this oracle; use its CreateBatch.", nameof(batch));
        }

        own.Run();
    }

    /// <summary>Releases the native session when all batches are disposed too.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Release();
        }
    }

    /// <summary>Creates a batch whose rows have another encoding than the oracle's.</summary>
    internal QueryBatch CreateBatch(int capacity, PixelEncoding encoding)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return new OnnxBatch(this, capacity, encoding);
    }

    /// <summary>Measures the blank rows per second in calls of this size, with the oracle's concurrency, over a few calls each.</summary>
    internal double MeasureRowsPerSecond(int rows, TimeSpan time)
    {
        var rates = new double[Concurrency];
        var threads = new Thread[Concurrency];
        Exception? failure = null;
        for (int i = 0; i < threads.Length; i++)
        {
            int caller = i;
            threads[i] = new Thread(() =>
            {
                try
                {
                    rates[caller] = MeasureCaller(rows, time);
                }
                catch (OracleException e)
                {
                    failure = e;
                }
            });
            threads[i].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        // A size that fails is never chosen.
        return failure is null ? rates.Sum() : 0;
    }

    internal void Retain() => Interlocked.Increment(ref _users);

    internal void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _session.Dispose();
        }
    }

    internal Binding Bind(TensorBuffer input, TensorBuffer output, int rows)
    {
        long[] outputDims = [.. _outputDims];
        outputDims[0] = outputDims.Length == 1 ? outputDims[0] : rows;
        try
        {
            return new Binding(_session.Native, [(_input.Name, input.Tensor(_input.Dims(rows)))], [(_output.Name, output.Tensor(outputDims))]);
        }
        catch (OnnxRuntimeException e)
        {
            throw Failed(rows, e);
        }
    }

    /// <summary>Makes one native call and counts it.</summary>
    internal void Run(Binding binding, int rows) => Run(_session, binding, rows);

    /// <summary>Makes one native call of a session around the model and counts it.</summary>
    internal void Run(OnnxSession session, Binding binding, int rows)
    {
        Interlocked.Increment(ref _nativeCalls);
        Interlocked.Add(ref _nativeRows, rows);
        long start = Stopwatch.GetTimestamp();
        try
        {
            if (session.OnCuda)
            {
                binding.SendInputs();
            }

            session.Native.RunWithBinding(session.RunOptions, binding.Native);
        }
        catch (OnnxRuntimeException e)
        {
            throw Failed(rows, e);
        }
        finally
        {
            Interlocked.Add(ref _nativeTicks, Stopwatch.GetTimestamp() - start);
        }
    }

    internal OracleException Failed(int rows, OnnxRuntimeException e) =>
        new($"Model '{Info.Path}' failed on a call of {rows} row{(rows == 1 ? "" : "s")}: {OnnxErrors.Reason(e)}.", e);

    private double MeasureCaller(int rows, TimeSpan time)
    {
        using QueryBatch batch = CreateBatch(rows);
        batch.Rows = rows;
        Score(batch);
        int calls = 0;
        long start = Stopwatch.GetTimestamp();
        do
        {
            Score(batch);
            calls++;
        }
        while (Stopwatch.GetElapsedTime(start) < time);
        return (double)calls * rows / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string ScoresReason(ScoreKind kind, int rows) => kind switch
    {
        ScoreKind.Probabilities => $"On {rows} blank images all scores are at least 0 and each row sums to 1.",
        ScoreKind.LogProbabilities => $"On {rows} blank images no score is above 0 and the exponentials of each row sum to 1.",
        _ => $"On {rows} blank images the rows are neither probabilities nor their logarithms.",
    };

    private void GuessEncoding(ImageSet images)
    {
        var guess = EncodingGuess.FromImages(this, images, EnoughRight);
        Info = Info with { Encoding = guess.Encoding, EncodingReasons = guess.Reasons };
        EncodingQueries = guess.Queries;
        _nativeCalls = _nativeRows = _nativeTicks = 0;
    }

    private void TellWarnings(Action<string> warn)
    {
        if (!_isSteady)
        {
            warn($"Model '{Info.Path}' gives one image different scores in different calls or batches, so results cannot be trusted; export it in evaluation mode.");
        }

        if (Info.FixedRows is { } rows)
        {
            warn(_input.FixedRows is null
                ? $"Model '{Info.Path}' declares an open batch axis but only works with 1 image at a time, so it is fed 1 at a time; export it with a working batch axis for speed."
                : $"Model '{Info.Path}' takes exactly {rows} image{(rows == 1 ? "" : "s")} at a time, so it is fed {rows} at a time; export it with an open batch axis for speed.");
        }

        if (Info.InputType != OnnxElementType.Float32 || Info.OutputType != OnnxElementType.Float32)
        {
            warn(Info.InputType == OnnxElementType.UInt8
                ? $"Model '{Info.Path}' takes bytes, so changes below 1/255 are lost; use a smoothing μ of at least 0.01."
                : $"Model '{Info.Path}' computes in float16, so small differences are lost in rounding; prefer a float32 export, or use a smoothing μ of at least 0.01.");
        }
    }
}
