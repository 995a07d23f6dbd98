using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Each protocol against a service that scores the rows it is sent with the same model, in this process.</summary>
public sealed class ProtocolTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("zo-protocol-");
    private readonly OnnxClassifierOracle _model = Remote.Local("mnist-lenet");

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task An_attack_over_grpc_gives_the_same_bytes_as_the_same_model_here()
    {
        await using TestServer server = await TestServer.StartAsync("mnist-lenet", mostRows: 7);
        using RemoteClassifier remote = RemoteClassifier.Open(server.GrpcAddress, Remote.Digits, Remote.Impatient);

        Remote.Text(Remote.Attack(remote)).ShouldBe(Remote.Text(Remote.Attack(_model)));
        remote.Info.Protocol.ShouldContain("gRPC");
        remote.Info.RequestRows.ShouldBe(7);
        remote.Info.Version.ShouldBe("1");
    }

    [Theory]
    [InlineData("grpc://127.0.0.1:1/mnist-lenet", "cannot be reached")]
    [InlineData("grpc://127.0.0.1:1", "names no model")]
    public void A_grpc_address_that_cannot_be_used_is_one_sentence(string address, string reason) =>
        Should.Throw<InputException>(() => RemoteClassifier.Open(address, Remote.Digits, Remote.Impatient)).Message.ShouldContain(reason);

    [Fact]
    public async Task A_grpc_server_without_the_model_or_of_http_alone_is_one_sentence()
    {
        await using TestServer server = await TestServer.StartAsync("mnist-lenet");

        Should.Throw<InputException>(() => RemoteClassifier.Open(server.GrpcAddress + "er", Remote.Digits, Remote.Impatient)).Message.ShouldContain("has no model 'mnist-leneter'");
        Should.Throw<InputException>(() => RemoteClassifier.Open($"grpc://{new Uri(server.Root).Authority}/mnist-lenet", Remote.Digits, Remote.Impatient with { Retry = new RetryOptions { Retries = 1 } })).Message.ShouldEndWith(".");
    }

    [Theory]
    [InlineData(TensorFormat.Auto)]
    [InlineData(TensorFormat.Columns)]
    public async Task TensorFlow_Serving_is_asked_in_rows_and_columns_and_its_nan_is_asked_again(TensorFormat format)
    {
        (string into, string from) = format == TensorFormat.Columns ? ("inputs", "outputs") : ("instances", "predictions");
        int asked = 0;
        await using FakeService service = await FakeService.StartAsync((path, body) =>
        {
            if (path == "/v1/models/digits/metadata")
            {
                return """{"model_spec":{"name":"digits","signature_name":"","version":"3"},"metadata":{"signature_def":{"signature_def":{"serving_default":{"inputs":{"pixels":{"dtype":"DT_FLOAT","tensor_shape":{"dim":[{"size":"-1","name":""},{"size":"28","name":""},{"size":"28","name":""},{"size":"1","name":""}],"unknown_rank":false},"name":"x:0"}},"outputs":{"scores":{"dtype":"DT_FLOAT","tensor_shape":{"dim":[{"size":"-1","name":""},{"size":"10","name":""}],"unknown_rank":false},"name":"y:0"}},"method_name":"tensorflow/serving/predict"}}}}}""";
            }

            string scores = Text(Score(JsonDocument.Parse(body).RootElement.GetProperty(into)));
            return path != "/v1/models/digits:predict" ? null : $$"""{"{{from}}": {{(Interlocked.Increment(ref asked) % 3 == 0 ? Broken(scores) : scores)}}}""";
        });
        using RemoteClassifier remote = RemoteClassifier.Open($"{service.Root}/v1/models/digits", Remote.Digits, Remote.Impatient with { Format = format });

        remote.Info.Layout.ShouldBe(ImageLayout.Nhwc);
        remote.Info.Version.ShouldBe("3");
        Remote.Score(remote, Remote.Digits).ShouldBe(Remote.Score(_model, Remote.Digits));
        JsonDocument.Parse(service.Bodies.First()).RootElement.GetProperty(into)[0].GetArrayLength().ShouldBe(28);
    }

    // Old servers answer with the bare rows, new ones name them, and models that give a table name its columns 0, 1, …
    [Theory]
    [InlineData("bare")]
    [InlineData("named")]
    [InlineData("table")]
    public async Task MLflow_is_asked_at_invocations(string form)
    {
        await using FakeService service = await FakeService.StartAsync((path, body) =>
        {
            if (path != "/invocations")
            {
                return null;
            }

            float[][] scores = Score(JsonDocument.Parse(body).RootElement.GetProperty("inputs"));
            string rows = form != "table" ? Text(scores)
                : JsonSerializer.Serialize(scores.Select(row => row.Select((score, k) => (score, k)).ToDictionary(pair => $"{pair.k}", pair => pair.score)));
            return form == "bare" ? rows : $$"""{"predictions": {{rows}}}""";
        });
        using RemoteClassifier remote = RemoteClassifier.Open($"{service.Root}/invocations", Remote.Digits, Remote.Impatient);

        Remote.Score(remote, Remote.Digits).ShouldBe(Remote.Score(_model, Remote.Digits));
    }

    [Theory]
    [InlineData("""{"model": "m", "instances": [{"x": "{{image:array}}"}]}""", 1)]
    [InlineData("""{"model": "m", "instances": [{"x": "{{image:flat}}"}]}""", 1)]
    [InlineData("""{"model": "m", "instances": [{"x": "{{image:flat}}"}]}""", 5)]
    [InlineData("""{"model": "m", "instances": [{"x": "data:image/png;base64,{{image:png:base64}}"}]}""", 5)]
    public async Task Any_service_of_json_is_asked_by_a_template_of_its_request(string template, int rows)
    {
        await using FakeService service = await FakeService.StartAsync((path, body) =>
        {
            JsonElement root = JsonDocument.Parse(body).RootElement;
            root.GetProperty("model").GetString().ShouldBe("m");
            float[][] images = [.. root.GetProperty("instances").EnumerateArray().Select(instance => Pixels(instance.GetProperty("x")))];
            return $$"""{"predictions": [{{string.Join(',', Score(images).Select(scores => $$"""{"scores": [{{string.Join(',', scores)}}]}"""))}}]}""";
        });
        var options = Remote.Impatient with { RequestFile = File(template), ResponsePath = "$.predictions[*].scores", RequestRows = rows };
        using RemoteClassifier remote = RemoteClassifier.Open($"{service.Root}/predict", Remote.Digits, options);

        // Generated digits are 8-bit pictures.
        Remote.Score(remote, Remote.Digits).ShouldBe(Remote.Score(_model, Remote.Digits));
        service.Bodies.Max(body => JsonDocument.Parse(body).RootElement.GetProperty("instances").GetArrayLength()).ShouldBe(rows);
    }

    [Theory]
    [InlineData("""{"label": "LABEL"}""", "$.label")]
    [InlineData("""[{"label": "LABEL", "score": 0.5}, {"label": "none", "score": 0.1}]""", null)]
    [InlineData("""{"top": ["LABEL", "none"]}""", "$.top")]
    public async Task Answers_with_labels_alone_are_rows_whose_highest_score_is_the_label(string answer, string? path)
    {
        string[] names = [.. Enumerable.Range(0, 10).Select(k => $"digit {k}"), "none"];
        await using FakeService service = await FakeService.StartAsync((_, body) =>
        {
            float[] scores = Score([Pixels(JsonDocument.Parse(body).RootElement.GetProperty("x"))])[0];
            return answer.Replace("LABEL", names[Array.IndexOf(scores, scores.Max())]);
        });
        var options = Remote.Impatient with { RequestFile = File("""{"x": "{{image:flat}}"}"""), ResponsePath = path, Classes = names };
        using RemoteClassifier remote = RemoteClassifier.Open(service.Root, Remote.Digits, options);

        remote.Info.LabelsOnly.ShouldBeTrue();
        remote.Classify(Remote.Digits).ShouldBe(_model.Classify(Remote.Digits));
        using NamedOptimizer method = NamedOptimizer.Create("hopskipjump");
        var attack = new AttackOptions { Count = 1, Limits = new RunLimits { Budget = 100, Iterations = int.MaxValue }, Loss = new AttackLoss { LabelsOnly = true, Norm = DistortionNorm.L2, Epsilon = 6 } };
        AttackResult result = new BlackBoxAttack(remote, method.Optimizer, attack).Run(Remote.Digits);
        Remote.Text(result).ShouldBe(Remote.Text(new BlackBoxAttack(_model, method.Optimizer, attack).Run(Remote.Digits)));

        Should.Throw<InputException>(() => RemoteClassifier.Open(service.Root, Remote.Digits, options with { Classes = null })).Argument.ShouldBe("Classes");
    }

    [Theory]
    [InlineData("""{"x": 1}""", "has no place for the image")]
    [InlineData("""{"x": "{{image:jpeg}}"}""", "unknown place")]
    [InlineData("""{"x": "{{image:flat}}", "y": "{{image:flat}}"}""", "2 places")]
    [InlineData("""{"x": """, "is not JSON")]
    public void A_template_that_cannot_be_used_is_one_sentence(string template, string reason)
    {
        InputException e = Should.Throw<InputException>(() => RemoteClassifier.Open("http://127.0.0.1:1/", Remote.Digits, Remote.Impatient with { RequestFile = File(template) }));
        e.Message.ShouldContain(reason);
        e.Argument.ShouldBe(nameof(RemoteOptions.RequestFile));
    }

    [Fact]
    public async Task A_path_that_leads_to_nothing_shows_the_answer()
    {
        await using FakeService service = await FakeService.StartAsync((_, _) => """{"outcome": [1, 2]}""");
        var options = Remote.Impatient with { RequestFile = File("""{"x": "{{image:flat}}"}"""), ResponsePath = "$.scores", Retry = new RetryOptions { Retries = 1 } };

        InputException e = Should.Throw<InputException>(() => RemoteClassifier.Open(service.Root, Remote.Digits, options));

        e.Message.ShouldContain("nothing at $.scores: {\"outcome\": [1, 2]}");
        e.Argument.ShouldBe(nameof(RemoteOptions.ResponsePath));
    }

    // The bytes that a server gets, computed here from the definition of each format.
    [Theory]
    [InlineData("FP32")]
    [InlineData("FP64")]
    [InlineData("FP16")]
    [InlineData("BF16")]
    [InlineData("UINT8")]
    public async Task Pixels_are_rounded_to_the_models_number_format(string type)
    {
        await using FakeService service = await FakeService.StartAsync((path, body) => path switch
        {
            "/v2" => """{"extensions": ["binary_tensor_data"]}""",
            "/v2/models/m" => $$"""{"name": "m", "inputs": [{"name": "x", "datatype": "{{type}}", "shape": [-1, 1, 28, 28]}], "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1, 2]}]}""",
            "/v2/models/m/infer" => Rows(body) is var rows ? $$"""{"outputs": [{"name": "y", "datatype": "FP32", "shape": [{{rows}}, 2], "data": [{{string.Join(',', Enumerable.Repeat("0.25,0.75", rows))}}]}]}""" : null,
            _ => null,
        });
        var pixels = new float[784];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (float)((i * 0.6180339887) % 1);
        }

        using RemoteClassifier remote = RemoteClassifier.Open($"{service.Root}/v2/models/m", new ImageSet("one", new ImageShape(1, 28, 28), pixels, [1]), Remote.Impatient);

        byte[] wanted =
        [
            .. pixels.SelectMany(x => type switch
            {
                "FP32" => BitConverter.GetBytes(x),
                "FP64" => BitConverter.GetBytes((double)x),
                "FP16" => BitConverter.GetBytes((Half)x),
                "BF16" => NearestBFloat16(x),
                _ => [(byte)Math.Round(x * 255f)],
            }),
        ];
        service.Bodies.First()[^wanted.Length..].ShouldBe(wanted);
        remote.Info.Warnings.Count.ShouldBe(type is "FP32" or "FP64" ? 0 : 1);
    }

    [Fact]
    public async Task What_a_service_rounds_in_its_json_is_all_that_an_attack_sees()
    {
        await using FakeService service = await FakeService.StartAsync((_, body) =>
            Text([.. Score(JsonDocument.Parse(body).RootElement.GetProperty("inputs")).Select(row => row.Select(score => MathF.Round(score, 3)).ToArray())]));
        using RemoteClassifier remote = RemoteClassifier.Open($"{service.Root}/invocations", Remote.Digits, Remote.Impatient);

        Remote.Score(remote, Remote.Digits).ShouldBe(Remote.Score(_model, Remote.Digits).Select(score => MathF.Round(score, 3)));
    }

    [Fact]
    public async Task A_certificate_of_an_own_authority_is_trusted_by_option_alone_and_http_2_is_taken_where_offered()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=own authority", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using X509Certificate2 served = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
        string pem = Path.Combine(_folder.FullName, "ca.pem");
        System.IO.File.WriteAllText(pem, certificate.ExportCertificatePem());
        await using FakeService service = await FakeService.StartAsync((_, body) => Text(Score(JsonDocument.Parse(body).RootElement.GetProperty("inputs"))), served);
        string address = $"https://localhost:{new Uri(service.Root).Port}/invocations";

        InputException e = Should.Throw<InputException>(() => RemoteClassifier.Open(address, Remote.Digits, Remote.Impatient));
        e.Message.ShouldContain("cannot be verified");
        e.Argument.ShouldBe(nameof(RemoteOptions.CertificateFile));

        using RemoteClassifier remote = RemoteClassifier.Open(address, Remote.Digits, Remote.Impatient with { CertificateFile = pem });
        Remote.Score(remote, Remote.Digits).ShouldBe(Remote.Score(_model, Remote.Digits));
        service.Protocols.ShouldAllBe(protocol => protocol == "HTTP/2");

        // The right authority, but another host.
        Should.Throw<InputException>(() => RemoteClassifier.Open(address.Replace("localhost", "127.0.0.1"), Remote.Digits, Remote.Impatient with { CertificateFile = pem })).Message.ShouldContain("cannot be verified");
    }

    [SkippableFact]
    public void A_program_answers_with_scores_and_a_dead_one_is_started_again()
    {
        Skip.IfNot(HasPython(), "python3 is not installed.");
        string script = File(Script("docs/remote.md"));
        string mortal = File("deaths = 0\n" + Script("docs/remote.md").Replace("    scores = []\n", "    scores = []\n    deaths += 1\n    if deaths > 3: sys.exit('it broke')\n"));
        var images = new ImageSet("halves", Remote.Digits.Shape, [.. Enumerable.Range(0, Remote.Digits.Count).SelectMany(i => Remote.Digits.Image(i).ToArray())], [.. Enumerable.Range(0, Remote.Digits.Count).Select(i => i % 2)]);
        using RemoteClassifier remote = RemoteClassifier.Open($"exec:python3 '{script}'", images, Remote.Impatient with { Concurrency = null, RequestRows = 5 });
        using RemoteClassifier faulty = RemoteClassifier.Open($"exec:python3 {mortal}", images, Remote.Impatient with { Concurrency = 3, RequestRows = 5 });

        float[] scores = Remote.Score(remote, images);

        scores.ShouldBe(Enumerable.Range(0, images.Count).SelectMany(i => Halves(images.Image(i).Span)), 1e-4);
        Remote.Score(faulty, images).ShouldBe(scores);
        remote.Concurrency.ShouldBe(2);
    }

    [Theory]
    [InlineData("exec:", "names no program")]
    [InlineData("exec:zo-no-such-program", "cannot be started")]
    public void A_program_that_cannot_be_started_is_one_sentence(string address, string reason) =>
        Should.Throw<InputException>(() => RemoteClassifier.Open(address, Remote.Digits, Remote.Impatient)).Message.ShouldContain(reason);

    [SkippableTheory]
    [InlineData("import sys; sys.exit('no model here')", "no model here")]
    [InlineData("import sys; sys.stdin.buffer.readline(); print('Hello', flush=True); sys.stdin.buffer.read()", "breaks its rules")]
    [InlineData("import sys; sys.stdin.buffer.readline(); print('{\"error\": \"too dark\"}', flush=True); sys.stdin.buffer.read()", "too dark")]
    public void A_program_that_breaks_the_rules_is_one_sentence(string program, string reason)
    {
        Skip.IfNot(HasPython(), "python3 is not installed.");

        Should.Throw<InputException>(() => RemoteClassifier.Open($"exec:python3 {File(program)}", Remote.Digits, Remote.Impatient)).Message.ShouldContain(reason);
    }

    private static bool HasPython() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => System.IO.File.Exists(Path.Combine(folder, "python3")));

    // The script on the page, between its lines of backticks.
    private static string Script(string page, [System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        System.IO.File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", page)).Split("```python\n")[1].Split("```")[0];

    // What the script computes.
    private static float[] Halves(ReadOnlySpan<float> pixels)
    {
        double above = 0, below = 0;
        for (int i = 0; i < pixels.Length; i++)
        {
            above += i < pixels.Length / 2 ? pixels[i] : 0;
            below += i < pixels.Length / 2 ? 0 : pixels[i];
        }

        return [(float)above, (float)below];
    }

    private static int Rows(byte[] body) => int.Parse(System.Text.RegularExpressions.Regex.Match(Encoding.Latin1.GetString(body), "\"shape\":\\[(\\d+)").Groups[1].Value, CultureInfo.InvariantCulture);

    // Of the two neighbours with 8 bits of mantissa, the nearer one; of two as near, the even one.
    private static byte[] NearestBFloat16(float x)
    {
        uint below = BitConverter.SingleToUInt32Bits(x) & 0xFFFF0000, above = below + 0x10000;
        double down = (double)x - BitConverter.UInt32BitsToSingle(below), up = BitConverter.UInt32BitsToSingle(above) - (double)x;
        uint nearest = down < up || (down == up && (below >> 16) % 2 == 0) ? below : above;
        return BitConverter.GetBytes((ushort)(nearest >> 16));
    }

    private string File(string content)
    {
        string path = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.txt");
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    private float[][] Score(JsonElement images) => Score([.. images.EnumerateArray().Select(Pixels)]);

    private float[][] Score(float[][] images)
    {
        lock (_model)
        {
            return [.. _model.ScoreRows(images.Length, (row, input) => images[row].CopyTo(input)).Chunk(10)];
        }
    }

    // Arrays of any depth, or a picture.
    private static float[] Pixels(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String)
        {
            var pixels = new float[784];
            PictureFile.Decode(Convert.FromBase64String(json.GetString()!.Split(',')[1]), "picture.png").CopyTo(pixels);
            return pixels;
        }

        return json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray().SelectMany(Pixels)] : [json.GetSingle()];
    }

    private static string Text(float[][] rows) => $"[{string.Join(',', rows.Select(row => $"[{string.Join(',', row.Select(score => score.ToString("R", CultureInfo.InvariantCulture)))}]"))}]";

    private static string Broken(string scores) => scores.Replace(scores[2..scores.IndexOf(',')], "NaN");
}
