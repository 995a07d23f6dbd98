using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// An image classifier behind a network, or a program, as an oracle. Rows are images in [0, 1], channel by channel. The rows of all callers are packed into
/// requests of up to the server's limit, and many requests run at a time. A failed request is sent again; its rows are charged to their ledgers once.
/// </summary>
/// <remarks>
/// The address says the protocol: <c>http(s)://HOST/v2/models/NAME</c> (Open Inference Protocol), <c>grpc(s)://HOST/NAME</c> (the same over gRPC), <c>http(s)://HOST/v1/models/NAME</c>
/// (TensorFlow Serving), <c>http(s)://HOST/invocations</c> (MLflow), <c>exec:PROGRAM ARGUMENTS</c>, or any other <c>http(s)</c> address with a <see cref="RemoteOptions.RequestFile"/>.
/// </remarks>
public sealed class RemoteClassifier : IClassifier, IAsyncQueryOracle
{
    private const int DefaultRows = 64;

    // 256 MiB for the batches of all callers.
    private const long MostFloats = 1L << 26;
    private const int Callers = 8;
    private const int MostImages = 64;

    private readonly IModelProtocol _protocol;
    private readonly RequestInput _input;
    private readonly RequestQueue _queue;
    private readonly RemoteOptions _options;
    private readonly AnswerPlacer _placer;
    private readonly CancellationTokenSource _disposed = new();

    private RemoteClassifier(IModelProtocol protocol, RequestInput input, RemoteOptions options, RequestQueue queue, AnswerPlacer placer, RemoteClassifierInfo info, int queries)
    {
        _protocol = protocol;
        _input = input;
        _options = options;
        _queue = queue;
        _placer = placer;
        Info = info;
        LoadingQueries = queries;
        int callers = Math.Clamp(2 * (options.Concurrency ?? Callers), 2, Callers);
        Concurrency = callers;
        PreferredRows = (int)Math.Clamp(MostFloats / callers / InputLength, 1, 2 * info.RequestRows);
    }

    /// <summary>Whether an address is one that this class opens, and not the path of a file.</summary>
    public static bool IsAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Address.IsAddress(text);
    }

    /// <summary>The properties of the model.</summary>
    public RemoteClassifierInfo Info { get; }

    ClassifierInfo IClassifier.Info => Info;

    /// <inheritdoc/>
    public int LoadingQueries { get; }

    /// <inheritdoc/>
    public int InputLength => _input.Axes.Image.Length;

    /// <inheritdoc/>
    public int ScoreLength => Info.Classes;

    /// <inheritdoc/>
    public int Concurrency { get; }

    /// <inheritdoc/>
    public int PreferredRows { get; }

    /// <inheritdoc/>
    public ScoreKind? Scores => _options.Scores ?? (_placer.IsSingle || _placer.IsLabels ? Info.Scores : null);

    /// <inheritdoc/>
    public CostMeter? Cost => _options.Cost;

    /// <inheritdoc/>
    public string? Summary => _queue.Summary;

    /// <summary>Opens a classifier for images: asks the server for the model's shape, and the model about up to 64 of the images.</summary>
    /// <param name="address">The address, as the remarks on this class say.</param>
    /// <param name="images">The images. Their size replaces what the server leaves open.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellation">Cancels the opening.</param>
    /// <exception cref="InputException">The server cannot be reached or refuses access, its model is not a classifier of such images, or it classifies too few of them correctly.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the cost limit is reached.</exception>
    public static RemoteClassifier Open(string address, ImageSet images, RemoteOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(images);
        options ??= new RemoteOptions();
        if (Address.IsProgram(address))
        {
            // Each further request at a time would start a process of its own.
            options = options with { Concurrency = options.Concurrency ?? 1 };
        }

        IModelProtocol protocol = Address.Protocol(address, options);
        try
        {
            return OpenAsync(address, protocol, images, options, cancellation).GetAwaiter().GetResult();
        }
        catch (RequestFailure e)
        {
            protocol.Dispose();
            throw new InputException(e.Message, e) { Argument = e.Argument };
        }
        catch
        {
            protocol.Dispose();
            throw;
        }
    }

    /// <summary>Asks the server what its model takes and gives. No image is sent.</summary>
    /// <param name="address">The address.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellation">Cancels the question.</param>
    /// <returns>Named lines of text.</returns>
    /// <exception cref="InputException">The server cannot be reached or refuses access, or has no such model.</exception>
    public static IReadOnlyList<(string Name, string Text)> Describe(string address, RemoteOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        options ??= new RemoteOptions();
        using IModelProtocol protocol = Address.Protocol(address, options);
        try
        {
            return RemoteClassifierInfo.Declared(address, DescribeAsync(protocol, options, cancellation).GetAwaiter().GetResult());
        }
        catch (RequestFailure e)
        {
            throw new InputException(e.Message, e) { Argument = e.Argument };
        }
    }

    /// <inheritdoc/>
    public void AddTo(RunIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        identity.Add("model", $"{Info.Name} at a server, version {(Info.Version.Length > 0 ? Info.Version : "unknown")}");
        identity.Add("input", Info.Input);
        identity.Add("output", Info.Output);
        identity.Add("pixels", Info.Encoding.ToString());
        identity.Add("layout", Info.Layout.ToString());
    }

    /// <inheritdoc/>
    public async Task ScoreAsync(QueryBatch batch, Action<int>? resending, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        await _queue.ScoreAsync(batch, resending, cancellation).ConfigureAwait(false);
    }

    /// <summary>Closes the connections. A program is told to end.</summary>
    public void Dispose()
    {
        if (!_disposed.IsCancellationRequested)
        {
            _disposed.Cancel();
            _protocol.Dispose();
        }
    }

    private static async Task<ModelDeclaration> DescribeAsync(IModelProtocol protocol, RemoteOptions options, CancellationToken cancellation) =>
        await RequestQueue.Resilience(options, RequestQueue.IsWorthWaiting).ExecuteAsync(async token => await protocol.DescribeAsync(token).ConfigureAwait(false), cancellation).ConfigureAwait(false);

    private static async Task<RemoteClassifier> OpenAsync(string address, IModelProtocol protocol, ImageSet images, RemoteOptions options, CancellationToken cancellation)
    {
        ModelDeclaration declared = await DescribeAsync(protocol, options, cancellation).ConfigureAwait(false);
        TensorType type = declared.Input?.Type ?? TensorType.FP32;
        PixelEncoding encoding = options.Encoding ?? (type == TensorType.UINT8 ? PixelEncoding.Bytes : PixelEncoding.Unit);
        ImageAxes axes = Axes(address, declared, images, options);
        ThrowIfUnfit(encoding, axes.Image, address);
        var input = new RequestInput(axes, new PixelTensor(axes.Image, axes.Layout, encoding, type));
        ImageSet fitting = images.At(axes.Image) ?? throw new InputException($"The images of '{images.Name}' are {images.Shape}, but model '{address}' takes {axes.Image}; give images of the model's size.") { Argument = "Images" };
        int most = options.RequestRows is { } asked ? Math.Min(asked, declared.MostRows ?? asked) : Math.Min(declared.MostRows ?? DefaultRows, (int)Math.Max(1, MostFloats / 64 / axes.Image.Length));
        int rows = axes.FixedRows ?? most;
        var placer = new AnswerPlacer(options);
        Task Send(RowRequest request, CancellationToken token) => SendAsync(protocol, placer, request, input, token);

        // The first answers show the number of classes, so they come before any batch that has room for them.
        int[] sample = [.. Enumerable.Range(0, Math.Min(MostImages, images.Count)).Select(i => (int)((long)i * images.Count / Math.Min(MostImages, images.Count))).Where(i => images.Error(i) is null)];
        if (sample.Length == 0)
        {
            throw new InputException($"{images.Name} holds no image that can be read; name some that does.") { Argument = "Images" };
        }

        var probe = new Probe(protocol, input, options, placer, rows, axes.FixedRows, cancellation);
        float[][] scores = await probe.AskAsync([.. sample.Select(i => fitting.Image(i).ToArray())]).ConfigureAwait(false);
        ProbedRows packing = axes.FixedRows is null && rows > 1 && !placer.IsLabels ? await probe.PackingAsync(fitting.Image(sample[0]).ToArray(), scores[0]).ConfigureAwait(false) : new ProbedRows(1, null);
        var queue = new RequestQueue(Send, options) { MostRows = rows, FixedRows = axes.FixedRows, LeastRows = packing.Least };
        bool isUnlabelled = images.IsUnlabelled;
        var info = new RemoteClassifierInfo
        {
            Path = address,
            Protocol = declared.Protocol,
            Name = declared.Name,
            Version = declared.Version,
            Input = declared.Input is { } tensor ? $"{tensor.Name}: {tensor.Type} {tensor.ShapeText}" : declared.Picture ?? "images",
            Layout = axes.Layout,
            Image = axes.Image,
            Classes = placer.Classes,
            Output = declared.Output is { } output ? $"'{output.Name}'" : options.ResponsePath ?? "of the answer",
            RequestRows = rows,
            Scores = options.Scores ?? placer.KindOf(scores),
            Encoding = encoding,
            LabelsOnly = placer.IsLabels,
            Answers = isUnlabelled ? null : new CleanAnswers([.. sample.Select(images.Label)], [.. scores.Select(row => System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(row))]),
            Metadata = options.Classes is { } names && names.Count == placer.Classes ? new Dictionary<string, string> { ["classes"] = string.Join('\n', names) } : [],
            Warnings = [.. Warnings(address, type, declared, packing, axes)],
        };
        var classifier = new RemoteClassifier(protocol, input, options, queue, placer, info, probe.Queries);
        classifier.EnsureMatches(fitting);
        if (info.Answers is { } answers)
        {
            classifier.EnsureRight(images, answers, placer.Classes >= 100 ? options.MinAccuracyOfMany ?? options.MinAccuracy : options.MinAccuracy);
        }

        return classifier;
    }

    internal static async Task SendAsync(IModelProtocol protocol, AnswerPlacer placer, RowRequest request, RequestInput input, CancellationToken cancellation) =>
        placer.Place(await protocol.AskAsync(request, input, cancellation).ConfigureAwait(false), request);

    // Images of another size or number of channels may fit too.
    private static ImageAxes Axes(string address, ModelDeclaration declared, ImageSet images, RemoteOptions options)
    {
        if (declared.Input is not { } input)
        {
            int[] dims = options.Layout switch
            {
                ImageLayout.Flat => [-1, images.Shape.Length],
                ImageLayout.Nhwc => [-1, images.Shape.Height, images.Shape.Width, images.Shape.Channels],
                _ => [-1, images.Shape.Channels, images.Shape.Height, images.Shape.Width],
            };
            return ImageAxes.Read($"Model '{address}' takes images", dims, options.Layout ?? ImageLayout.Nchw, images.Shape);
        }

        string what = $"Model '{address}' takes '{input.Name}' of shape {input.ShapeText}";
        try
        {
            return ImageAxes.Read(what, input.Dims, options.Layout, images.Shape);
        }
        catch (InputException)
        {
            foreach (ImageShape? shape in (ImageShape?[])[images.Shape with { Channels = 3 }, images.Shape with { Channels = 1 }, images.Shape with { Channels = 4 }, null])
            {
                try
                {
                    ImageAxes axes = ImageAxes.Read(what, input.Dims, options.Layout, shape);
                    if (images.At(axes.Image) is not null)
                    {
                        return axes;
                    }
                }
                catch (InputException)
                {
                    // Another size may fit.
                }
            }

            throw;
        }
    }

    private static void ThrowIfUnfit(PixelEncoding encoding, ImageShape image, string address)
    {
        if ((encoding.Channels != 1 && encoding.Channels != image.Channels) || (encoding.Order == ChannelOrder.Bgr && image.Channels < 3))
        {
            throw new InputException($"The pixel encoding {encoding} is for other channels than those of model '{address}', which takes images of {image}; give one for its channels.") { Argument = "Encoding" };
        }
    }

    private static IEnumerable<string> Warnings(string address, TensorType type, ModelDeclaration declared, ProbedRows packing, ImageAxes axes)
    {
        if (packing.Difference is { } difference)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Model '{address}' scores an image differently beside other images (by up to {difference:G2}), so no result is the same again to the last bit; serve it with one thread for each request, or in evaluation mode.");
        }

        if (axes.FixedRows is { } rows)
        {
            yield return $"Model '{address}' takes exactly {rows} image{(rows == 1 ? "" : "s")} a request; serve it with an open batch axis for speed.";
        }

        if (type == TensorType.UINT8 || declared.RoundsPixels)
        {
            yield return $"Model '{address}' takes bytes, so changes below 1/255 are lost; give no smoothing μ, or one of at least 0.01.";
        }
        else if (type is TensorType.FP16 or TensorType.BF16)
        {
            yield return $"Model '{address}' takes {type}, so small differences drown in rounding; serve it as FP32, and give no smoothing μ, or one of at least 0.01.";
        }
    }
}
