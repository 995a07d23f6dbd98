using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// An ONNX image classifier as an oracle. Rows are images in [0, 1], channel by channel. Scores are the values of the model's output, or, if that is a
/// Softmax, a LogSoftmax or a Sigmoid, the values in front of it. If a model has one score s, it has two classes with the scores 0 and s.
/// On the CPU, scores do not depend, bit for bit, on how rows are packed into batches: loading tries calls of several sizes to find what the model
/// needs for this, see <see cref="OnnxClassifierInfo.CallRows"/>, and <see cref="ClassifierInfo.Warnings"/> says what is not guaranteed.
/// Thread-safe if each thread uses its own batch. After the first call of a batch with some number of rows, further calls
/// allocate nothing on the CPU.
/// </summary>
/// <remarks>
/// Loading calls the model a few times with test images and some of the given images. These rows are not counted.
/// The native session is released when the oracle and all its batches are disposed, in any order.
/// </remarks>
public sealed class OnnxClassifierOracle : IClassifier
{
    // The default without a measurement. On two cores with the bundled targets, a row costs the same, within 5 %, in calls of 21 to 126 rows.
    // Large images need few rows to fill a call, and many rows of them would fill the memory.
    internal const int CpuRows = 42;
    private const int CpuFloats = 1 << 20;
    private const int CudaRows = 512;
    private const int CudaFloats = 1 << 24;
    private const double EnoughRight = 0.9;

    private readonly OnnxSession _session;
    private readonly ClassifierInput _input;
    private readonly OnnxOracleOptions _options;
    private readonly string _scores;
    private readonly long[] _outputDims;
    private readonly ScoreKind? _single;
    private int _users = 1;
    private int _disposed;
    private long _nativeCalls;
    private long _nativeRows;
    private long _nativeTicks;

    private OnnxClassifierOracle(OnnxFile file, TargetModel target, OnnxSession session, OnnxOracleOptions options, ImageSet? images)
    {
        _session = session;
        _options = options;
        _input = Input(file.Path, session.Native, options, images);
        var guess = options.Encoding is { } asked
            ? new EncodingGuess(asked, ["The encoding was asked for."], 0)
            : DeclaredEncoding.Guess(file, _input.Name, _input.Type, _input.Image.Channels, options.Declared);
        ThrowIfUnfit(guess.Encoding, file.Path);
        var probe = new ClassifierProbe(file.Path, session, _input, target, guess.Encoding, TestImages(images)).Run();
        _scores = probe.CutHolds ? target.Cut! : target.Declared;
        _outputDims = probe.OutputDims;
        Outputs = probe.Outputs;
        if (Outputs == 1)
        {
            _single = options.Scores ?? (probe.CutHolds || probe.Scores.Any(score => score is < 0 or > 1) ? ScoreKind.Logits : ScoreKind.Probabilities);
            ThrowUnlessPairs(_single.Value, probe.Scores, file.Path);
        }

        int rows = probe.Scores.Length / Outputs;
        ScoreKind kind = options.Scores ?? _single ?? (probe.CutHolds ? ScoreKind.Logits : ScoreKinds.Detect(probe.Scores, rows, Outputs));
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
            InputDims = _input.Dims,
            FixedRows = probe.FixedRows,
            CallRows = probe.CallRows,
            Classes = Math.Max(2, Outputs),
            Output = target.Output,
            OutputType = ClassifierOutput.Type(file.Path, session.Native.OutputMetadata[_scores].ElementDataType),
            Removed = probe.CutHolds ? target.Activation : null,
            Scores = kind,
            ScoresReason = ScoresReason(kind, rows, probe.CutHolds ? target.Activation : null),
            Encoding = guess.Encoding,
            EncodingReasons = guess.Reasons,
            Producer = file.Producer,
            Opset = file.Opset,
            IrVersion = file.IrVersion,
            Metadata = file.Metadata,
            Device = session.Device,
        };
        Info = Info with { Warnings = [.. Warnings(new GraphIndex(file.Graph), probe)] };
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

    /// <inheritdoc/>
    public void AddTo(RunIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        identity.Add("ONNX Runtime", RuntimeVersion);
        identity.Add("device", Info.Device);
        identity.Add("model", $"SHA-256 {Info.Sha256}");
        identity.Add("pixels", Info.Encoding.ToString());
        identity.Add("layout", Info.Layout.ToString());
        identity.Add("output", Info.Output);
        identity.Add("removed activation", Info.Removed ?? "none");
    }

    /// <summary>The properties of the model that were read or guessed.</summary>
    public OnnxClassifierInfo Info { get; private set; }

    ClassifierInfo IClassifier.Info => Info;

    /// <inheritdoc/>
    public int LoadingQueries { get; private set; }

    /// <inheritdoc/>
    public int InputLength => _input.Image.Length;

    /// <inheritdoc/>
    public int ScoreLength => Info.Classes;

    /// <inheritdoc/>
    public int Concurrency { get; }

    /// <inheritdoc/>
    public int PreferredRows { get; }

    /// <inheritdoc/>
    public ScoreKind? Scores => _options.Scores ?? (Info.Removed is not null ? ScoreKind.Logits : _single);

    /// <summary>The calls into ONNX Runtime since loading, including failed ones. Counted at the call, independently of any ledger.</summary>
    public long NativeCalls => Interlocked.Read(ref _nativeCalls);

    /// <summary>The rows of those calls, without rows that pad a fixed batch.</summary>
    public long NativeRows => Interlocked.Read(ref _nativeRows);

    /// <summary>Time spent in those calls, summed over the callers.</summary>
    public TimeSpan NativeTime => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _nativeTicks));

    /// <summary>The number of scores in a row of the model's output: the number of classes, or 1 for two.</summary>
    internal int Outputs { get; }

    /// <summary>The number of undisposed batches, plus 1 for the undisposed oracle. At 0 the native session is released.</summary>
    internal int Users => Volatile.Read(ref _users);

    /// <summary>Loads a classifier.</summary>
    /// <param name="path">An <c>.onnx</c> file.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="InputException">The file is not such a model, the options do not fit it, or the device is not available.</exception>
    public static OnnxClassifierOracle Load(string path, OnnxOracleOptions? options = null)
    {
        options ??= new OnnxOracleOptions();
        OnnxClassifierOracle oracle = Load(path, options, images: null);
        oracle.TellWarnings();
        return oracle;
    }

    /// <summary>
    /// Loads a classifier for the given images. Their size replaces open dimensions of the model, and <see cref="ClassifierExtensions.Fit"/> gives them the model's size and number of channels. If the options
    /// name no encoding and the model's own encoding classifies fewer than nine in ten of up to 64 images correctly, the usual encodings are tried on them.
    /// </summary>
    /// <param name="path">An <c>.onnx</c> file.</param>
    /// <param name="images">The images. Without labels they show no encoding. Some of them also show whether scores depend on the rows of a call.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="InputException">As for <see cref="Load(string, OnnxOracleOptions?)"/>, the images do not fit the model, or it classifies too few of them correctly.</exception>
    /// <exception cref="OracleException">The model failed on the images.</exception>
    public static OnnxClassifierOracle Load(string path, ImageSet images, OnnxOracleOptions? options = null)
    {
        options ??= new OnnxOracleOptions();
        OnnxClassifierOracle oracle = Load(path, options with { Image = options.Image ?? images.Shape }, images);
        try
        {
            images = oracle.Fit(images);
            oracle.TellWarnings();
            oracle.EnsureMatches(images);

            // Without labels, no answer is right or wrong.
            if (!images.IsUnlabelled)
            {
                oracle.Try(images);
            }

            return oracle;
        }
        catch
        {
            oracle.Dispose();
            throw;
        }
    }

    /// <summary>The metadata in a model's file, without loading the model.</summary>
    /// <exception cref="InputException">The file is no ONNX model.</exception>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path) => OnnxFile.Read(path).Metadata;

    /// <summary>The values per image of each output that a model's file declares, without loading the model; 0 for an output whose size is open.</summary>
    /// <exception cref="InputException">The file is no ONNX model.</exception>
    public static IReadOnlyList<long> ReadOutputLengths(string path) =>
        [.. OnnxFile.Read(path).Graph.Output.Select(output => output.Type?.TensorType?.Shape?.Dim.Skip(1).Aggregate(1L, (product, dimension) => product * (dimension.DimValue ?? 0)) ?? 0)];

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
        if (Info.CallRows == CallRows.One)
        {
            throw new InputException($"Model '{Info.Path}' is asked one image a call, since its scores depend on the images beside it, and a composed graph asks a step's images together; attack it row by row.");
        }

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
        if (Info.FixedRows is null)
        {
            outputDims[0] = rows;
        }

        try
        {
            return new Binding(_session.Native, [(_input.Name, input.Tensor(_input.Dims(rows)))], [(_scores, output.Tensor(outputDims))]);
        }
        catch (OnnxRuntimeException e)
        {
            throw Failed(rows, e);
        }
    }

    /// <summary>Reads rows of scores from the output of a call, with both classes if the model gives one score.</summary>
    internal void Read(TensorBuffer output, Span<float> scores)
    {
        if (_single is not { } kind)
        {
            output.Read(0, scores);
            return;
        }

        Span<float> one = stackalloc float[1];
        for (int row = 0; row < scores.Length / 2; row++)
        {
            output.Read(row, one);
            kind.Pair(one[0], scores.Slice(2 * row, 2));
        }
    }

    /// <summary>The model as it runs, and the tensor with its scores, from its file, which was read again.</summary>
    internal (Model Model, string Scores) Prepare(OnnxFile file) => (TargetModel.Of(file, _options.Output, _options.Scores is null).Model ?? file.Model, _scores);

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

    private static OnnxClassifierOracle Load(string path, OnnxOracleOptions options, ImageSet? images)
    {
        OnnxFile file = OnnxFile.Read(path);
        if (OptimizerMetadata.NamesOptimizer(file.Metadata))
        {
            throw new InputException($"'{path}' is a learned optimizer, not a classifier; give it as the optimizer, and as the target a classifier.") { Argument = "Optimizer" };
        }

        // If the options state the kind of scores, they mean the output itself.
        TargetModel target = TargetModel.Of(file, options.Output, options.Scores is null);
        byte[]? model = target.Model is null ? null : Fields.Write(target.Model);
        file.DropWeights();
        OnnxSession session = OnnxSession.Open(file, options.Device, model);
        try
        {
            return new OnnxClassifierOracle(file, target, session, options, images);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    // Images of another size or number of channels may fit too.
    private static ClassifierInput Input(string path, InferenceSession session, OnnxOracleOptions options, ImageSet? images)
    {
        try
        {
            return ClassifierInput.Read(path, session, options);
        }
        catch (InputException) when (images?.Shape == options.Image && images is not null)
        {
            foreach (ImageShape? shape in (ImageShape?[])[images.Shape with { Channels = 3 }, images.Shape with { Channels = 1 }, images.Shape with { Channels = 4 }, null])
            {
                ClassifierInput input;
                try
                {
                    input = ClassifierInput.Read(path, session, options with { Image = shape });
                }
                catch (InputException)
                {
                    continue;
                }

                if (images.At(input.Image) is not null)
                {
                    return input;
                }
            }

            throw;
        }
    }

    private static void ThrowUnlessPairs(ScoreKind kind, float[] scores, string path)
    {
        Span<float> both = stackalloc float[2];
        try
        {
            foreach (float score in scores)
            {
                kind.Pair(score, both);
            }
        }
        catch (OracleException e)
        {
            throw new InputException($"Model '{path}' does not give {ScoreKinds.Name(kind)}: {e.Message}", e) { Argument = "Scores" };
        }
    }

    private void ThrowIfUnfit(PixelEncoding encoding, string path)
    {
        if (encoding.Channels != 1 && encoding.Channels != _input.Image.Channels)
        {
            throw new InputException(
                $"The pixel encoding has {encoding.Channels} channels, but model '{path}' takes images of {_input.Image}; give one value, or one per channel.");
        }

        if (encoding.Order == ChannelOrder.Bgr && _input.Image.Channels < 3)
        {
            throw new InputException($"The pixel encoding has the order blue, green, red, but model '{path}' takes images of {_input.Image}; remove the order.");
        }
    }

    // The generated images, and one of the user's images from each third of the set.
    private List<float[]> TestImages(ImageSet? images)
    {
        List<float[]> tests = [.. Enumerable.Range(0, ProbeImages.Count).Select(which => ProbeImages.Make(_input.Image, which))];
        if (images?.At(_input.Image) is { } fitting)
        {
            tests.AddRange(new[] { 0, images.Count / 2, images.Count - 1 }.Distinct().Where(i => fitting.Error(i) is null).Select(i => fitting.Image(i).ToArray()));
        }

        return tests;
    }

    private string ScoresReason(ScoreKind kind, int rows, string? removed)
    {
        string what = _options.Scores is not null ? "It was asked for."
            : removed is not null ? $"They are taken in front of the model's last {removed}, which gives the model's output on the test images."
            : kind switch
            {
                ScoreKind.Probabilities when _single is not null => $"On {rows} test images the model's one score is in 0..1.",
                ScoreKind.Probabilities => $"On {rows} test images all scores are at least 0 and each row sums to 1.",
                ScoreKind.LogProbabilities => $"On {rows} test images no score is above 0 and the exponentials of each row sum to 1.",
                ScoreKind.IndependentProbabilities => $"On {rows} test images all scores are in 0..1 and the rows do not sum to 1.",
                _ => $"On {rows} test images the rows are neither probabilities nor their logarithms.",
            };
        return _single switch
        {
            null => what,
            ScoreKind.Logits => $"{what} The model's one score s stands for the scores 0 and s of two classes.",
            _ => $"{what} The model's one probability p stands for 1 - p and p of two classes.",
        };
    }

    // Guesses the encoding if none was asked for, and checks the accuracy.
    private void Try(ImageSet images)
    {
        var guess = _options.Encoding is null ? EncodingGuess.FromImages(this, images, EnoughRight) : new EncodingGuess(Info.Encoding, Info.EncodingReasons, 0);
        CleanAnswers answers = guess.Answers ?? EncodingGuess.Ask(this, images);
        Info = Info with { Encoding = guess.Encoding, EncodingReasons = guess.Reasons, Answers = answers };
        LoadingQueries = guess.Answers is null ? answers.Count : guess.Queries;
        _nativeCalls = _nativeRows = _nativeTicks = 0;
        double? least = ScoreLength >= OnnxOracleOptions.ManyClasses ? _options.MinAccuracyOfMany ?? _options.MinAccuracy : _options.MinAccuracy;
        this.EnsureRight(images, answers, least);
    }

    private void TellWarnings()
    {
        foreach (string warning in _options.Warn is null ? [] : Info.Warnings)
        {
            _options.Warn!(warning);
        }
    }

    private IEnumerable<string> Warnings(GraphIndex graph, ProbeResult probe)
    {
        string size = string.Create(CultureInfo.InvariantCulture, $"by up to {probe.Difference:G2}");
        if (PooledFeatures.Of(graph, _scores, Outputs) is { } pool)
        {
            yield return $"Model '{Info.Path}' looks like a featurizer: its {Outputs} outputs are pooled features ({pool}), not scores of classes, and a class of them means nothing; export the whole classifier, with the layer from the features to the classes.";
        }

        HashSet<string> behind = graph.Behind([_scores]);
        if (graph.Graph.Node.Any(node => node.OpType == "SVMClassifier" && node.Output.Any(behind.Contains) && node.Attribute.All(attribute => attribute.Name != "prob_a")))
        {
            yield return $"Model '{Info.Path}' is a support vector machine without probabilities, whose scores ONNX Runtime does not give in the order of its classes, so its highest score may be that of another class; export it with probabilities.";
        }

        string changing = Unsteadiness.Changing(graph), inner = Unsteadiness.InnerDropouts(graph);
        if (!probe.IsRepeatable)
        {
            yield return $"Model '{Info.Path}' scores one image differently from call to call ({size}{Because(changing.Length > 0 ? changing : inner)}), so no result can be repeated; export it in evaluation mode, or average several answers to each query.";
        }
        else if (probe.CallRows == CallRows.One)
        {
            string cause = Because(Unsteadiness.Shared(graph));
            yield return $"Model '{Info.Path}' scores an image differently in other places of a call or beside other images ({size}{cause}), so it is asked one image a call, which is slow; export it in evaluation mode, or without operators that share numbers between images.";
        }
        else if (_session.OnCuda && probe.Difference > 0)
        {
            yield return $"On {Info.Device} model '{Info.Path}' scores an image differently in calls of other sizes ({size}), so results there are the same again only with the same batches.";
        }

        string dropouts = probe.IsRepeatable ? Unsteadiness.Dropouts(graph) : changing.Length > 0 ? inner : "";
        if (dropouts.Length > 0)
        {
            yield return $"Model '{Info.Path}' has {dropouts}, which ONNX Runtime {RuntimeVersion} leaves out, so scores are those of evaluation mode.";
        }

        if (Info.FixedRows is { } rows)
        {
            yield return _input.FixedRows is null
                ? $"Model '{Info.Path}' declares an open batch axis but only works with 1 image at a time, so it is fed 1 at a time; export it with a working batch axis for speed."
                : $"Model '{Info.Path}' takes exactly {rows} image{(rows == 1 ? "" : "s")} at a time, so it is fed {rows} at a time; export it with an open batch axis for speed.";
        }

        if (Info.InputType == OnnxElementType.UInt8)
        {
            yield return $"Model '{Info.Path}' takes bytes, so changes below 1/255 are lost; give no smoothing μ, or one of at least 0.01.";
        }
        else if (Info.InputType == OnnxElementType.Float16 || Info.OutputType == OnnxElementType.Float16)
        {
            yield return $"Model '{Info.Path}' computes in float16, so small differences drown in rounding; prefer a float32 export, and give no smoothing μ, or one of at least 0.01.";
        }

        static string Because(string operators) => operators.Length == 0 ? "" : $", because of {operators}";
    }
}
