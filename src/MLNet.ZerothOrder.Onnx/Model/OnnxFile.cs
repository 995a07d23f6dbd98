using System.Security.Cryptography;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// A parsed ONNX file. It is parsed before ONNX Runtime loads it, so that a damaged file gives a precise message and a model cannot
/// read files outside its own folder.
/// </summary>
internal sealed class OnnxFile
{
    // DropWeights drops longer weights. Shorter ones may describe the model, such as the mean of its pixels.
    private const int SmallTensor = 256;
    private const long LargeFile = 1 << 24;
    private const long LargestFile = int.MaxValue;

    private readonly long _length;

    private OnnxFile(string path, string sha256, long length, Model model)
    {
        Path = path;
        Sha256 = sha256;
        _length = length;
        Model = model;
        foreach (Entry entry in model.MetadataProps)
        {
            Metadata[entry.Key] = entry.Value;
        }

        HasWeightFiles = WeightFiles(model).Any();
    }

    public string Path { get; }

    public string Sha256 { get; }

    /// <summary>The content of the file.</summary>
    public Model Model { get; }

    /// <summary>The model's graph.</summary>
    public Graph Graph => Model.Graph!;

    public long IrVersion => Model.IrVersion;

    /// <summary>The version of the default operators; 0 if the file does not state it.</summary>
    public long Opset => Model.OpsetImport.LastOrDefault(set => set.Domain is "" or "ai.onnx")?.Version ?? 0;

    public string Producer => $"{Model.ProducerName} {Model.ProducerVersion}".Trim();

    public Dictionary<string, string> Metadata { get; } = [];

    /// <summary>Whether the weights are in other files.</summary>
    public bool HasWeightFiles { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">The file is missing, unreadable, empty, cut off or not an ONNX model, or it names weights outside its folder.</exception>
    public static OnnxFile Read(string path)
    {
        using FileStream stream = Open(path);
        byte[] bytes = [];
        try
        {
            if (stream.Length is 0 or > LargestFile)
            {
                throw new InputException(
                    stream.Length == 0 ? $"Model '{path}' is empty; export or download it again." : $"Model '{path}' has {stream.Length} bytes, more than an ONNX file can hold; export it with its weights in other files.");
            }

            bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);

            var file = new OnnxFile(path, Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length, Fields.Read<Model>(bytes));
            if (file.IrVersion <= 0 || (file.Model.Graph is null && file.Opset == 0))
            {
                throw NotOnnx(path, bytes);
            }

            // Exporters write the opset after the graph. A file that is cut between two fields lacks the opset or the graph.
            if (file.Model.Graph is null || file.Opset == 0)
            {
                throw Cut(path);
            }

            file.CheckWeightFiles();
            return file;
        }
        catch (InvalidDataException)
        {
            // A model starts with the version of its format. Anything else is another format, wherever parsing failed.
            throw bytes[0] == 0x08 ? Cut(path) : NotOnnx(path, bytes);
        }
        catch (IOException e)
        {
            throw new InputException($"Model '{path}' cannot be read: {e.Message.TrimEnd('.')}.", e);
        }
    }

    /// <summary>Drops all weights but small ones, because ONNX Runtime has its own copy.</summary>
    public void DropWeights()
    {
        foreach (Tensor tensor in Tensors(Model))
        {
            if (Fields.Size(tensor) > SmallTensor)
            {
                tensor.RawData = default;
                tensor.FloatData = [];
                tensor.Int32Data = [];
                tensor.Int64Data = [];
                tensor.DoubleData = [];
            }
        }

        if (_length > LargeFile)
        {
            // Otherwise the process would keep the memory of a large model until something else needs it.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"Model '{path}' does not exist; name an .onnx file.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException(
                Directory.Exists(path) ? $"Model '{path}' is a folder; name an .onnx file in it." : $"Model '{path}' cannot be read; check its permissions.", e);
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"Model '{path}' cannot be read: {e.Message.TrimEnd('.')}.", e);
        }
    }

    private static InputException Cut(string path) =>
        new($"Model '{path}' is damaged or cut off; export or download it again.");

    private static InputException NotOnnx(string path, ReadOnlySpan<byte> bytes)
    {
        string what = bytes.StartsWith("version https://git-lfs"u8) ? "is a Git LFS pointer, not the model; run 'git lfs pull'"
            : bytes.StartsWith("PK"u8) ? "is a zip archive, such as a PyTorch checkpoint, not an ONNX model; export the model to ONNX"
            : bytes.Length > 8 && bytes.Slice(4, 4).SequenceEqual("ORTM"u8) ? "is in ONNX Runtime's own format, which carries no readable graph; give the .onnx file it was made from"
            : "is not an ONNX model; export the model to ONNX";
        return new InputException($"Model '{path}' {what}.");
    }

    // Includes graphs and functions that are not run, because ONNX Runtime may read the weights that they name.
    private static IEnumerable<Tensor> Tensors(Model model) =>
    [
        .. Tensors(model.Graph),
        .. model.TrainingInfo.SelectMany(training => Tensors(training.Initialization).Concat(Tensors(training.Algorithm))),
        .. model.Functions.SelectMany(function => function.Node.SelectMany(node => node.Attribute).Concat(function.AttributeProto)).SelectMany(Tensors),
    ];

    private static IEnumerable<Tensor> Tensors(Graph? graph) => graph is null ? [] :
    [
        .. graph.Initializer,
        .. graph.SparseInitializer.SelectMany(Tensors),
        .. graph.Node.SelectMany(node => node.Attribute).SelectMany(Tensors),
    ];

    private static IEnumerable<Tensor> Tensors(OnnxSchema.Attribute attribute) =>
    [
        .. attribute.Tensors,
        .. attribute.T is { } tensor ? [tensor] : Array.Empty<Tensor>(),
        .. attribute.SparseTensors.SelectMany(Tensors),
        .. attribute.SparseTensor is { } sparse ? Tensors(sparse) : [],
        .. Tensors(attribute.G),
        .. attribute.Graphs.SelectMany(Tensors),
    ];

    private static IEnumerable<Tensor> Tensors(SparseTensor sparse) => new[] { sparse.Values, sparse.Indices }.OfType<Tensor>();

    private static IEnumerable<string> WeightFiles(Model model) =>
        Tensors(model).SelectMany(tensor => tensor.ExternalData).Where(entry => entry.Key == "location").Select(entry => entry.Value).Distinct();

    // A model may come in an archive with its own links. The folder itself may be behind a link of the user.
    private static bool LeadsThroughLink(string folder, string full)
    {
        for (string? part = full; part is not null && part.Length > folder.Length; part = System.IO.Path.GetDirectoryName(part))
        {
            if (new FileInfo(part).LinkTarget is not null)
            {
                return true;
            }
        }

        return false;
    }

    private void CheckWeightFiles()
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
        string prefix = System.IO.Path.EndsInDirectorySeparator(folder) ? folder : folder + System.IO.Path.DirectorySeparatorChar;
        foreach (string location in WeightFiles(Model))
        {
            string full;
            try
            {
                full = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, location.Replace('\\', '/')));
            }
            catch (ArgumentException e)
            {
                throw new InputException($"Model '{Path}' keeps weights in '{location}', which is not a file name; export it with its weights inside.", e);
            }

            if (!full.StartsWith(prefix, StringComparison.Ordinal) || LeadsThroughLink(folder, full))
            {
                throw new InputException(
                    $"Model '{Path}' keeps weights in '{location}', outside its own folder, which is refused; put them beside the model or export it with its weights inside.");
            }

            if (!File.Exists(full))
            {
                throw new InputException($"Model '{Path}' keeps weights in '{location}', which is missing; copy that file beside the model too.");
            }
        }
    }
}
