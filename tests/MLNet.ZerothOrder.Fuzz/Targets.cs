using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Fuzz;

/// <summary>Every reader of untrusted files, with small valid files made by the writers themselves.</summary>
internal static class Targets
{
    private static readonly RunIdentity TrainingIdentity = new() { ["seed"] = "1", ["optimizer"] = "zo-lstm" };

    /// <summary>All readers; files that they need beside the mutated one go into the folder.</summary>
    public static IReadOnlyList<Target> All(string folder, string root)
    {
        string At(string name) => Path.Combine(folder, name);
        byte[] Made(string name, Action<string> write)
        {
            write(At(name));
            return File.ReadAllBytes(At(name));
        }

        byte[] zipped = Made("seed.images", path => IdxWriter.Write(path, At("labels"), new ImageSet("s", new ImageShape(1, 4, 4), new float[3 * 16], [0, 1, 2])));
        byte[] images = Gunzip(zipped), labels = Gunzip(File.ReadAllBytes(At("labels")));
        File.WriteAllBytes(At("w.bin"), new byte[sizeof(float) * 16 * 3]);
        byte[] optimizer = File.ReadAllBytes(Path.Combine(root, "onnx/optimizers/zo-lstm-mnist.onnx"));
        byte[] plus = File.ReadAllBytes(Path.Combine(root, "onnx/optimizers/zo-lstm-plus.onnx"));
        byte[][] pngs =
        [
            Png.Encode(new PixelBuffer(5, 4, 1)), Png.Encode(new PixelBuffer(4, 3, 3)), PngOf(3, 2, 3, palette: true), PngOf(8, 1, 0), PngOf(8, 6, 0), PngOf(8, 4, 0),
        ];
        File.WriteAllText(At("four.txt"), "0\n1\n2\n3\n");
        Directory.CreateDirectory(At("pictures"));
        foreach (string name in (string[])["a.png", "b.png"])
        {
            File.WriteAllBytes(Path.Combine(At("pictures"), name), pngs[0]);
        }

        byte[] npy = Npy("<f4", "(4, 2, 2)", 64), bytes = Npy("|u1", "(4, 2, 2, 3)", 48), npyLabels = Npy("<i8", "(4,)", 32);
        byte[] cifar = new byte[2 * 3073];
        return
        [
            new("onnx", "m.onnx", 1, [optimizer, plus, .. Models(At)], path => OnnxFile.Read(path)) { IsProtobuf = true },
            new("optimizer", "o.onnx", 1, [optimizer, plus], path => OptimizerFile.Read(path)) { IsProtobuf = true },
            new("idx-images", "i.idx", 4, [images], path => IdxReader.Read(path, null)),
            new("idx-labels", "l.idx", 2, [labels, [0, 0, 0x0C, 2, 0, 0, 0, 1, 0, 0, 0, 8, .. new byte[32]]], path => Labels.ReadList(path)),
            new("gzip", "i.gz", 2, [zipped], path => IdxReader.Read(path, null)),
            new("cifar", "c.bin", 0, [cifar], path => CifarReader.Read([path])),
            new("npy-images", "x.npy", 6, [npy, bytes, Npy("<f2", "(4, 1, 2, 2)", 32), Npy("<f8", "(4, 2, 2)", 128)], path => NpyReader.Read(path, At("four.txt"))),
            new("npy-labels", "y.npy", 6, [npyLabels, Npy("|u1", "(4, 1)", 4)], path => Labels.ReadList(path)),
            new("npz", "x.npz", 4, [Zip(("x.npy", npy), ("y.npy", npyLabels)), Zip(("x.npy", bytes), ("y.npy", npyLabels), ("readme.txt", [1]))], path => Images.Read(path)),
            new("class-names", "names.txt", 0, [Text("cat\ndog, hound\n"), Text("0,cat\n1,dog\n"), Text("[\"cat\", \"dog\"]"), Text("{\"id2label\": {\"0\": \"cat\", \"1\": [\"n01\", \"dog\"]}}")], path => ClassNames.Read(path).IndexOf("a dog")),
            new("png", "p.png", 8, pngs, path => PictureFile.Read(path), MendPng),
            .. Pictures(root),
            new("labels-text", "l.txt", 0, [Text("0\n1\n2\n"), Text("file,label\na.png,3\nb.png,4\n"), Text("﻿\"a\",1\r\n\"b\",2\r\n"), System.Text.Encoding.Unicode.GetBytes("image;class\na;cat\nb;dog\n"), Text("a 1\nb 2\n")], path => Labels.ReadList(path)),
            new("image-folder", "pictures/labels.csv", 0, [Text("file,label\na.png,3\nb.png,4\n"), Text("a.png,0\n")], path => ImageFolder.Read(Path.GetDirectoryName(path)!)),
            new("settings", "s.json", 1, [File.ReadAllBytes(Path.Combine(root, "onnx/targets/mnist-lenet.settings.json"))], path => SettingsFile.Read(path)),
            new("result", "result.json", 1, [Text(Result().ToJson())], Draw) { IsJson = true },
            new("training", "f.training.json", 1, [Text(Training().ToJson())], Draw) { IsJson = true },
            new("checkpoint", "t.checkpoint", 1, [Made("seed.checkpoint", path => Checkpoint().Write(path, TrainingIdentity))], path => StageCheckpoint.Read(path, TrainingIdentity), MendCheckpoint),
            new("recording", "r.zorec", 8, [Made("seed.zorec", Record)], path => ReplayOracle.Read(path).Dispose(), MendRecording),
        ];
    }

    /// <summary>Small classifiers of several kinds.</summary>
    public static byte[][] Models(Func<string, string> at) =>
    [
        .. new[]
        {
            new TinyClassifier(), new TinyClassifier { Layout = ImageLayout.Nhwc }, new TinyClassifier { InputType = OnnxWriter.UInt8 },
            new TinyClassifier { OutputType = OnnxWriter.Float16 }, new TinyClassifier { Rows = 2 },
        }.Select(tiny => File.ReadAllBytes(tiny.Save(at("seed.onnx")))),
        new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1, 4, 4).Constant("k", [2, 1, 3, 3], [.. Enumerable.Range(0, 18).Select(i => i / 18f)])
            .Node("Conv", ["x", "k"], ["c"], ("kernel_shape", new long[] { 3, 3 }), ("pads", new long[] { 1, 1, 1, 1 })).Node("Relu", ["c"], ["r"])
            .Node("MaxPool", ["r"], ["p"], ("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 })).Node("Flatten", ["p"], ["f"])
            .Node("Softmax", ["f"], ["y"]).Output("y", OnnxWriter.Float32, "N", 8).ToArray(),
        new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1, 4, 4).External("w", [16, 3], "w.bin").Node("Flatten", ["x"], ["f"])
            .Node("MatMul", ["f", "w"], ["y"]).Output("y", OnnxWriter.Float32, "N", 3).ToArray(),
    ];

    // Pictures of the other kinds, which a native library decodes.
    private static IEnumerable<Target> Pictures(string root)
    {
        using ZipArchive zip = ZipFile.OpenRead(Path.Combine(root, "tests/MLNet.ZerothOrder.Images.Tests/pillow.zip"));
        foreach (string ending in (string[])[".jpg", ".webp", ".bmp", ".gif", ".tif"])
        {
            byte[][] seeds = [.. zip.Entries.Where(entry => entry.Name.EndsWith(ending, StringComparison.Ordinal)).Select(Content)];
            yield return new(ending[1..], "p" + ending, 2, seeds, path => PictureFile.Read(path));
        }
    }

    private static byte[] Content(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    // Without the scripts and styles that every page has, which would take most of the time.
    private static void Draw(string path) => new ReportPage(StoredResult.ToReport(path), isInteractive: false).WriteBody();

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Gunzip(byte[] zipped)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(zipped), CompressionMode.Decompress))
        {
            gzip.CopyTo(stream);
        }

        return stream.ToArray();
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] members)
    {
        var zipped = new MemoryStream();
        using (var zip = new ZipArchive(zipped, ZipArchiveMode.Create))
        {
            foreach ((string name, byte[] content) in members)
            {
                using Stream stream = zip.CreateEntry(name).Open();
                stream.Write(content);
            }
        }

        return zipped.ToArray();
    }

    private static byte[] Npy(string type, string shape, int bytes)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Text(header), .. new byte[bytes]];
    }

    private static byte[] PngOf(int depth, int color, int rowsOfNothing, bool palette = false)
    {
        int samples = color switch { 4 => 2, 6 => 4, _ => 1 };
        int height = Math.Max(2, rowsOfNothing);
        using var stream = new MemoryStream();
        stream.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        byte[] header = [0, 0, 0, 4, 0, 0, 0, (byte)height, (byte)(palette ? 2 : depth == 8 && color == 1 ? 8 : depth), (byte)(palette ? 3 : color == 1 ? 0 : color), 0, 0, 0];
        Chunk(stream, "IHDR", header);
        if (palette)
        {
            Chunk(stream, "PLTE", new byte[12]);
            Chunk(stream, "tRNS", [0, 128]);
        }

        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(new byte[height * (1 + (palette ? 1 : 4 * samples))]);
        }

        Chunk(stream, "IDAT", data.ToArray());
        Chunk(stream, "IEND", []);
        return stream.ToArray();
    }

    private static void Chunk(Stream stream, string type, ReadOnlySpan<byte> body)
    {
        Span<byte> word = stackalloc byte[4];
        byte[] named = [.. Text(type), .. body];
        BinaryPrimitives.WriteInt32BigEndian(word, body.Length);
        stream.Write(word);
        stream.Write(named);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc32.HashToUInt32(named));
        stream.Write(word);
    }

    private static byte[] MendPng(byte[] png)
    {
        for (int at = 8; at + 12 <= png.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at));
            if (length > png.Length - at - 12)
            {
                break;
            }

            int end = at + 8 + (int)length;
            BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(end), Crc32.HashToUInt32(png.AsSpan(at + 4, 4 + (int)length)));
            at = end + 4;
        }

        return png;
    }

    private static byte[] MendCheckpoint(byte[] file)
    {
        const int HeadLength = 52;
        if (file.Length >= HeadLength)
        {
            BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(12), file.Length - HeadLength);
            SHA256.HashData(file.AsSpan(HeadLength)).CopyTo(file, 20);
        }

        return file;
    }

    private static byte[] MendRecording(byte[] bytes)
    {
        if (bytes.Length < Recording.HeaderBytes)
        {
            return bytes;
        }

        long inputs = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8)), scores = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12));
        long record = Recording.KeyBytes + (4 * (inputs + scores)) + 4;
        for (long at = Recording.HeaderBytes; record >= 24 && at + record <= bytes.Length; at += record)
        {
            Span<byte> one = bytes.AsSpan((int)at, (int)record);
            BinaryPrimitives.WriteUInt32LittleEndian(one[^4..], Crc32.HashToUInt32(one[..^4]));
        }

        return bytes;
    }

    private static void Record(string path)
    {
        using var oracle = new RecordingOracle(DelegateOracle.FromFunction(2, x => x[0] + x[1]), path);
        oracle.ScoreRows(3, (row, input) => input.Fill(row));
    }

    private static StageCheckpoint Checkpoint() => new()
    {
        Stage = "update",
        Trainer = new TrainingCheckpoint
        {
            ProblemsDone = 3,
            Weights = [1, 2],
            BestWeights = [1, 2],
            BestLoss = double.NaN,
            Moments = [0.5, 1, 0.5, 1],
            AdamSteps = 2,
            Queries = 9,
            ValidationQueries = 0,
            SuppliedGradients = 0,
            SkippedSteps = 0,
        },
    };

    private static AttackResult Result()
    {
        var oracle = new DelegateOracle(4, 2, (input, _, scores) =>
        {
            scores[0] = 1 - input[0];
            scores[1] = input[0];
        });
        var images = new ImageSet("s", new ImageShape(1, 2, 2), [0.1f, 0, 0, 0, 0.2f, 0, 1, 0], [0, 0]);
        var options = new AttackOptions { Limits = new RunLimits { Iterations = 4 }, Smoothing = 1e-3 };
        string[] names = ["zo-adam", "zo-sgd"];
        AttackResult result = new BlackBoxAttack(
            oracle, [.. names.Select(name => new OptimizerRegistry().Create(name, new OptimizerSettings { Directions = 3 }))], options).Run(images);
        return new AttackResult
        {
            Version = "1",
            Command = "zo attack",
            Partial = false,
            Seed = 1,
            Model = new AttackedModel("m.onnx", "00", "x: [N, 4]", 2, "logits"),
            Dataset = "s",
            Skipped = [new SkippedImage(0, "7", 1, 0, "misclassified")],
            Runs =
            [
                .. result.Runs.Select(run => run with
                {
                    Images = [.. run.Images.Select(p => p with { ImageFile = "images/0.png", OriginalFile = "originals/0.png" })],
                    Comparison = RunComparison.From(run.Images, result.Runs.Select(other => (other.Optimizer, other.Images))),
                }),
            ],
        };
    }

    private static TrainingResult Training() => new()
    {
        Version = "1",
        Command = "zo train",
        Partial = false,
        Options = new SortedDictionary<string, string> { ["seed"] = "1", ["optimizer"] = "zo-lstm" },
        TrainedOn = "s",
        Points = [new TrainingPoint("update", 0, null, 2, true, 2, 2, 0.01, 0), new TrainingPoint("update", 5, 1.5, 1, true, 1, 1.5, 0.01, 100), new TrainingPoint("query", 5, 1, double.NaN, false, 1, 1, 0.01, 200)],
        Queries = 200,
        ValidationQueries = 50,
        SuppliedGradients = 0,
        Backend = "managed",
        Seconds = 1,
        ValidationLoss = 1,
        File = "f.onnx",
        Sha256 = "00",
    };
}
