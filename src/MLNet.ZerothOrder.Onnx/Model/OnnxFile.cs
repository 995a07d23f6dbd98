using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MLNet.ZerothOrder;

/// <summary>
/// What can be read from an ONNX file without loading it: versions, metadata, the graph's first operators with their small
/// constants, and the files its weights are in. Reading it first gives broken files a precise sentence, and keeps a
/// model from reading files outside its own folder.
/// </summary>
internal sealed class OnnxFile
{
    private const int FirstNodes = 32;
    private const int SmallConstant = 16;
    private const int DeepestGraph = 16;

    private readonly List<OnnxNode> _nodes = [];
    private readonly Dictionary<string, float[]> _constants = [];
    private readonly Dictionary<string, string> _metadata = [];
    private readonly HashSet<string> _weightFiles = [];
    private bool _hasGraph;

    private OnnxFile(string path, string sha256)
    {
        Path = path;
        Sha256 = sha256;
    }

    public string Path { get; }

    public string Sha256 { get; }

    public long IrVersion { get; private set; }

    /// <summary>The default operators' version; 0 where the file does not say.</summary>
    public long Opset { get; private set; }

    public string Producer { get; private set; } = "";

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>The graph's first operators, in the file's order.</summary>
    public IReadOnlyList<OnnxNode> Nodes => _nodes;

    /// <summary>Float constants of at most 16 values, by name.</summary>
    public IReadOnlyDictionary<string, float[]> Constants => _constants;

    /// <summary>Whether weights are in other files.</summary>
    public bool HasWeightFiles => _weightFiles.Count > 0;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It is missing, unreadable, empty, cut off, not an ONNX model, or names weights outside its folder.</exception>
    public static OnnxFile Read(string path)
    {
        byte[] bytes = ReadBytes(path);
        if (bytes.Length == 0)
        {
            throw new InputException($"Model '{path}' is empty; export or download it again.");
        }

        var file = new OnnxFile(path, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        try
        {
            file.ReadModel(bytes);
        }
        catch (OnnxFileException e)
        {
            // A model starts with its format's version; what does not is something else, wherever the walk failed.
            throw e.IsCut && bytes[0] == 0x08 ? Cut(path) : NotOnnx(path, bytes);
        }

        if (file.IrVersion <= 0 || (!file._hasGraph && file.Opset == 0))
        {
            throw NotOnnx(path, bytes);
        }

        // Exporters write the operators' version after the graph: a cut between two fields loses it, or the graph.
        if (!file._hasGraph || file.Opset == 0)
        {
            throw Cut(path);
        }

        file.CheckWeightFiles();
        return file;
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
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
        new($"Model '{path}' is cut off before its end; export or download it again.");

    private static InputException NotOnnx(string path, ReadOnlySpan<byte> bytes)
    {
        string what = bytes.StartsWith("version https://git-lfs"u8) ? "is a Git LFS pointer, not the model; run 'git lfs pull'"
            : bytes.StartsWith("PK"u8) ? "is a zip archive, such as a PyTorch checkpoint, not an ONNX model; export the model to ONNX"
            : bytes.Length > 8 && bytes.Slice(4, 4).SequenceEqual("ORTM"u8) ? "is in ONNX Runtime's own format, which carries no readable graph; give the .onnx file it was made from"
            : "is not an ONNX model; export the model to ONNX";
        return new InputException($"Model '{path}' {what}.");
    }

    private void ReadModel(ReadOnlySpan<byte> bytes)
    {
        string producer = "", producerVersion = "";
        var model = new ProtoReader(bytes);
        while (model.Next())
        {
            switch (model.Field)
            {
                case 1:
                    IrVersion = model.Int64();
                    break;
                case 2:
                    producer = model.Text();
                    break;
                case 3:
                    producerVersion = model.Text();
                    break;
                case 7:
                    ReadGraph(model.Bytes(), depth: 0);
                    _hasGraph = true;
                    break;
                case 8:
                    ReadOpset(model.Bytes());
                    break;
                case 14:
                    var (key, value) = ReadPair(model.Bytes());
                    _metadata[key] = value;
                    break;
                case 20:
                    ReadTrainingInfo(model.Bytes());
                    break;
                case 25:
                    ReadFunction(model.Bytes());
                    break;
                default:
                    model.Skip();
                    break;
            }
        }

        Producer = $"{producer} {producerVersion}".Trim();
    }

    private void ReadOpset(ReadOnlySpan<byte> bytes)
    {
        string domain = "";
        long version = 0;
        var opset = new ProtoReader(bytes);
        while (opset.Next())
        {
            switch (opset.Field)
            {
                case 1:
                    domain = opset.Text();
                    break;
                case 2:
                    version = opset.Int64();
                    break;
                default:
                    opset.Skip();
                    break;
            }
        }

        if (domain is "" or "ai.onnx")
        {
            Opset = version;
        }
    }

    private static (string Key, string Value) ReadPair(ReadOnlySpan<byte> bytes)
    {
        string key = "", value = "";
        var pair = new ProtoReader(bytes);
        while (pair.Next())
        {
            switch (pair.Field)
            {
                case 1:
                    key = pair.Text();
                    break;
                case 2:
                    value = pair.Text();
                    break;
                default:
                    pair.Skip();
                    break;
            }
        }

        return (key, value);
    }

    // Neither is run, but ONNX Runtime may look for the weights that they name.
    private void ReadTrainingInfo(ReadOnlySpan<byte> bytes)
    {
        var training = new ProtoReader(bytes);
        while (training.Next())
        {
            if (training.Field is 1 or 2)
            {
                ReadGraph(training.Bytes(), depth: 1);
            }
            else
            {
                training.Skip();
            }
        }
    }

    private void ReadFunction(ReadOnlySpan<byte> bytes)
    {
        var function = new ProtoReader(bytes);
        while (function.Next())
        {
            switch (function.Field)
            {
                case 7:
                    ReadNode(function.Bytes(), depth: 1);
                    break;
                case 11:
                    ReadAttribute(function.Bytes(), "", depth: 1);
                    break;
                default:
                    function.Skip();
                    break;
            }
        }
    }

    private void ReadSparse(ReadOnlySpan<byte> bytes)
    {
        var sparse = new ProtoReader(bytes);
        while (sparse.Next())
        {
            if (sparse.Field is 1 or 2)
            {
                ReadTensor(sparse.Bytes(), name: "");
            }
            else
            {
                sparse.Skip();
            }
        }
    }

    private void ReadGraph(ReadOnlySpan<byte> bytes, int depth)
    {
        if (depth > DeepestGraph)
        {
            throw new OnnxFileException(isCut: false);
        }

        var graph = new ProtoReader(bytes);
        while (graph.Next())
        {
            switch (graph.Field)
            {
                case 1:
                    ReadNode(graph.Bytes(), depth);
                    break;
                case 5:
                    ReadTensor(graph.Bytes(), name: null);
                    break;
                case 15:
                    ReadSparse(graph.Bytes());
                    break;
                default:
                    graph.Skip();
                    break;
            }
        }
    }

    private void ReadNode(ReadOnlySpan<byte> bytes, int depth)
    {
        // Below the first operators only weights in other files matter, so that names are not collected there.
        bool keep = depth == 0 && _nodes.Count < FirstNodes;
        string type = "";
        List<string> inputs = [], outputs = [];
        var node = new ProtoReader(bytes);
        while (node.Next())
        {
            switch (node.Field)
            {
                case 1 when keep:
                    inputs.Add(node.Text());
                    break;
                case 2 when keep:
                    outputs.Add(node.Text());
                    break;
                case 4 when keep:
                    type = node.Text();
                    break;
                case 5:
                    ReadAttribute(node.Bytes(), type == "Constant" && outputs.Count == 1 ? outputs[0] : "", depth);
                    break;
                default:
                    node.Skip();
                    break;
            }
        }

        if (keep && type != "Constant")
        {
            _nodes.Add(new OnnxNode(type, inputs, outputs));
        }
    }

    private void ReadAttribute(ReadOnlySpan<byte> bytes, string constant, int depth)
    {
        var attribute = new ProtoReader(bytes);
        while (attribute.Next())
        {
            switch (attribute.Field)
            {
                case 5 or 10:
                    ReadTensor(attribute.Bytes(), constant);
                    break;
                case 6 or 11:
                    ReadGraph(attribute.Bytes(), depth + 1);
                    break;
                case 22 or 23:
                    ReadSparse(attribute.Bytes());
                    break;
                default:
                    attribute.Skip();
                    break;
            }
        }
    }

    // A constant is kept under the name given; under its own for null, and not at all for an empty one.
    private void ReadTensor(ReadOnlySpan<byte> bytes, string? name)
    {
        const int Float = 1, Half = 10, Double = 11;
        List<long> dims = [];
        long type = 0;
        ReadOnlySpan<byte> raw = default;
        var tensor = new ProtoReader(bytes);
        while (tensor.Next())
        {
            switch (tensor.Field)
            {
                case 1:
                    tensor.AddInt64s(dims);
                    break;
                case 2:
                    type = tensor.Int64();
                    break;
                case 4:
                    raw = tensor.Floats();
                    break;
                case 8:
                    string own = tensor.Text();
                    name ??= own;
                    break;
                case 9:
                    raw = tensor.Bytes();
                    break;
                case 13:
                    var (key, value) = ReadPair(tensor.Bytes());
                    if (key == "location")
                    {
                        _weightFiles.Add(value);
                    }

                    break;
                default:
                    tensor.Skip();
                    break;
            }
        }

        long count = 1;
        foreach (long dim in dims)
        {
            count = dim is >= 0 and <= SmallConstant ? count * dim : long.MaxValue / SmallConstant;
            if (count > SmallConstant)
            {
                return;
            }
        }

        int size = type switch { Float => 4, Half => 2, Double => 8, _ => 0 };
        if (string.IsNullOrEmpty(name) || size == 0 || count == 0 || raw.Length != count * size)
        {
            return;
        }

        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            var bits = raw.Slice(i * size, size);
            values[i] = type switch
            {
                Float => BinaryPrimitives.ReadSingleLittleEndian(bits),
                Half => (float)BinaryPrimitives.ReadHalfLittleEndian(bits),
                _ => (float)BinaryPrimitives.ReadDoubleLittleEndian(bits),
            };
        }

        _constants[name] = values;
    }

    // A model may come in an archive that brings links of its own; the folder itself may lie behind the user's.
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
        foreach (string location in _weightFiles)
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
                throw new InputException($"Model '{Path}' keeps weights in '{location}', which is missing beside it; copy that file too.");
            }
        }
    }
}
