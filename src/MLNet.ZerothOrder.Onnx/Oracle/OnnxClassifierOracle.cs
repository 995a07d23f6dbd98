using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// An ONNX image classifier as an oracle: rows are images in [0, 1], channel after channel; scores are whatever the model's output
/// holds. Scores do not depend on how rows are packed: bit for bit on the CPU, up to the libraries' batch-size rounding on CUDA.
/// Any number of threads may score at once, each with a batch of its own; after a batch's first call with some number of rows, further ones
/// allocate nothing on the CPU.
/// </summary>
/// <remarks>
/// Loading calls the model a few times with blank images, to learn its output's shape; those rows are in no count.
/// The native session is released when the oracle and all its batches are disposed, in whatever order.
/// </remarks>
public sealed class OnnxClassifierOracle : IQueryOracle
{
    // Where nothing is measured. On two cores with the bundled targets a row costs the same, within 5 %, in calls of 21 to 126. Large
    // images need no company to fill a call, and many at once fill the memory instead.
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

    /// <summary>The version of ONNX Runtime, by which scores may differ in their last bits.</summary>
    public static string RuntimeVersion => OnnxEnvironment.Open().GetVersionString();

    /// <summary>Adds to a run's identity all that shapes this classifier's scores.</summary>
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

    /// <summary>What was read from the model and guessed about it.</summary>
    public OnnxClassifierInfo Info { get; private set; }

    /// <summary>Rows that loading scored to find the images' encoding; 0 where no images were given.</summary>
    public int EncodingQueries { get; private set; }

    /// <inheritdoc/>
    public int InputLength => _input.Image.Length;

    /// <inheritdoc/>
    public int ScoreLength => Info.Classes;

    /// <inheritdoc/>
    public int Concurrency { get; }

    /// <inheritdoc/>
    public int PreferredRows { get; }

    /// <summary>Calls into ONNX Runtime since loading, failed ones too. Counted at the call, independent of any ledger.</summary>
    public long NativeCalls => Interlocked.Read(ref _nativeCalls);

    /// <summary>Rows that those calls carried for their callers; rows that fill up a fixed batch are not among them.</summary>
    public long NativeRows => Interlocked.Read(ref _nativeRows);

    /// <summary>Time spent in those calls, summed over the callers.</summary>
    public TimeSpan NativeTime => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _nativeTicks));

    /// <summary>Batches and the oracle itself, as long as they are not disposed; at 0 the native session is gone.</summary>
    internal int Users => Volatile.Read(ref _users);

    /// <summary>Loads a classifier.</summary>
    /// <param name="path">An <c>.onnx</c> file.</param>
    /// <param name="options">How; null for all defaults.</param>
    /// <exception cref="InputException">The file is no such model, the options do not fit it, or the device is not available.</exception>
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
    /// Loads a classifier for these images: their size fills in what the model leaves open, and where the options name no encoding
    /// and the model's own gets fewer than nine in ten of up to 64 of them right, the usual encodings are tried on them.
    /// </summary>
    /// <param name="path">An <c>.onnx</c> file.</param>
    /// <param name="images">Labelled images.</param>
    /// <param name="options">How; null for all defaults.</param>
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
    /// <exception cref="InputException">They do not.</exception>
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
    /// Composes one graph around the model that asks whole steps of an attack in one call, on the model's device: perturbing, the box, the encoding, the
    /// model, the loss and the gradient estimate. The same q + 1 queries per step as row by row, counted in <see cref="NativeRows"/>, and the same
    /// losses and estimates up to float rounding. The model is loaded a second time.
    /// </summary>
    /// <param name="loss">The loss of all problems.</param>
    /// <param name="shape">What every step asks.</param>
    /// <param name="drawInGraph">
    /// Whether the graph draws the directions from their keys, so that not even they move; else the processor draws them and hands them in. Null: on CUDA alone,
    /// since on the CPU nothing moves and drawing is faster outside.
    /// </param>
    /// <param name="sending">Told the number of rows of every call before it is made, from any caller; null for nobody.</param>
    /// <exception cref="InputException">The file has changed, its operators are older than opset 11, or the rows that it takes at a time are no whole steps.</exception>
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

    /// <summary>Releases the native session, once all batches are disposed too.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Release();
        }
    }

    /// <summary>A batch whose rows are encoded in another way than the oracle's own.</summary>
    internal QueryBatch CreateBatch(int capacity, PixelEncoding encoding)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return new OnnxBatch(this, capacity, encoding);
    }

    /// <summary>Blank rows scored per second in calls of some size, by as many callers as the oracle takes, over a few calls each.</summary>
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

        // One that fails at this size is no choice.
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

    /// <summary>One native call, counted.</summary>
    internal void Run(Binding binding, int rows) => Run(_session, binding, rows);

    /// <summary>One native call of a session around the model, counted.</summary>
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
            warn($"Model '{Info.Path}' scores one image differently from call to call or beside other images, so results cannot be trusted; export it in evaluation mode.");
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
                ? $"Model '{Info.Path}' takes bytes, so changes below 1/255 are lost; use a smoothing of at least 0.01."
                : $"Model '{Info.Path}' computes in float16, so small differences drown in rounding; prefer a float32 export, or use a smoothing of at least 0.01.");
        }
    }
}
