using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Models behind a network.</summary>
public sealed class RemoteTests : IDisposable
{
    private const string Token = "s3same-0pen-tOKEN";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("zo-remote-");

    public RemoteTests() => Environment.SetEnvironmentVariable("ZO_TEST_TOKEN", Token);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task An_attack_finds_the_same_behind_a_network_as_here()
    {
        await using TestServer server = await TestServer.StartAsync("mnist-lenet");

        Outcome remote = Attack(server.Address, "remote").Done(), local = Attack("mnist-lenet", "local").Done();

        Problems("remote").ShouldBe(Problems("local"));
        remote.Assumptions.ShouldContain("Open Inference Protocol");
        remote.Error.ShouldContain("at a time (chosen by throughput)");
        Result("remote").GetProperty("model").Text("path").ShouldBe(server.Address);
        local.Error.ShouldNotContain("rows were sent");
    }

    [Theory]
    [InlineData("attack", false)]
    [InlineData("attack", true)]
    [InlineData("audit", false)]
    [InlineData("compare", true)]
    public async Task A_token_is_sent_and_is_in_nothing_that_a_run_writes(string command, bool overGrpc)
    {
        int wrong = 0;
        await using TestServer server = await TestServer.StartAsync("mnist-lenet", answer: (context, next, request) =>
        {
            if (context.Request.Headers.Authorization != $"Bearer {Token}")
            {
                Interlocked.Increment(ref wrong);
            }

            // A service that says too much, for a while and then for good.
            if (request is not 5 and <= 60)
            {
                return next();
            }

            string said = $"the header was Authorization: Bearer {Token}";
            if (overGrpc)
            {
                context.Response.ContentType = "application/grpc";
                context.Response.Headers["grpc-status"] = request == 5 ? "14" : "3";
                context.Response.Headers["grpc-message"] = said;
                return Task.CompletedTask;
            }

            context.Response.StatusCode = request == 5 ? 503 : 400;
            return context.Response.WriteAsync($$"""{"error": "{{said}}"}""");
        });
        string address = overGrpc ? server.GrpcAddress : server.Address;
        string[] how = ["--count", "4", "--out", At("run"), "--quiet", "--header", "Authorization: Bearer env:ZO_TEST_TOKEN", "--retries", "2"];
        string[] what = command switch
        {
            "attack" => ["--epsilon", "0.15", "--method", "square", "--budget", "100", "--checkpoint-every", "0.01", "--record", At("answers.rec")],
            "audit" => ["--epsilon", "0.05", "--budget", "300"],
            _ => ["--optimizers", "zo-adam,zo-prox", "--iterations", "20", "--smoothing", "0.01"],
        };

        Outcome outcome = Zo.Run([command, "--model", address, .. how, .. what]);

        wrong.ShouldBe(0);
        FileInfo[] files = _folder.GetFiles("*", SearchOption.AllDirectories);
        files.Select(file => file.Name).ShouldContain("result.json");
        if (command == "attack")
        {
            outcome.Code.ShouldBe(4);
            outcome.Error.ShouldContain("the header was Authorization: Bearer ***");
            files.Select(file => file.Name).ShouldContain("run.checkpoint");
            files.Select(file => file.Name).ShouldContain("answers.rec");
        }

        (outcome.Output + outcome.Error).ShouldNotContain(Token);
        byte[] token = Encoding.ASCII.GetBytes(Token);
        foreach (FileInfo file in files)
        {
            File.ReadAllBytes(file.FullName).AsSpan().IndexOf(token).ShouldBe(-1, file.FullName);
        }
    }

    [Fact]
    public async Task Inspect_tells_what_a_service_declares_and_asks_about_images_only_if_some_are_named()
    {
        await using TestServer server = await TestServer.StartAsync("mnist-lenet");

        foreach (string address in new[] { server.Address, server.GrpcAddress })
        {
            string declared = Zo.Run("inspect", address).Done().Output;
            declared.ShouldContain("image: FP32 [?, 1, 28, 28]");
            declared.ShouldContain("logits: FP32 [?, 10]");
            declared.ShouldContain("up to 16 images a request");
        }

        server.Requests.ShouldBe(0);

        string asked = Zo.Run("inspect", server.Address, "--dataset", "digits", "--count", "10", "--cost-per-1000", "100").Done().Output;
        asked.ShouldContain("10 of 10 images of digits classified correctly; the scores look like logits");
        asked.ShouldContain(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"cost       {server.Rows.Sum() / 10m:0.##}"));
    }

    [Theory]
    [InlineData("--count needs images", "--count", "5")]
    [InlineData("Tables are for a model that is a file", "--save-constraints", "c.json")]
    [InlineData("--threads is for a model that is a file", "--threads", "2")]
    public async Task Inspect_refuses_for_a_service_what_it_cannot_do(string reason, params string[] options)
    {
        await using TestServer server = await TestServer.StartAsync("mnist-lenet");

        Outcome outcome = Zo.Run(["inspect", server.Address, .. options]);

        (outcome.Code, outcome.Output).ShouldBe((2, ""));
        outcome.Error.ShouldStartWith($"zo: {reason}");
    }

    [Fact]
    public async Task A_run_stops_before_it_costs_too_much_and_is_resumed_with_more_money_to_the_same_result()
    {
        await using TestServer server = await TestServer.StartAsync("mnist-lenet");
        Attack("mnist-lenet", "local").Done();

        Outcome stopped = Attack(server.Address, "run", "--cost-per-1000", "10", "--max-cost", "0.9");

        stopped.Code.ShouldBe(3);
        stopped.Error.ShouldContain("The cost limit of 0.9 is reached");
        server.Rows.Sum().ShouldBeInRange(70, 90);

        // A request that the limit cancels on its way is paid for, since its server may have seen it.
        Result("run").GetProperty("cost").GetDecimal().ShouldBeInRange(server.Rows.Sum() / 100m, 0.9m);

        // With the old limit there is no money for another row.
        Zo.Run("attack", "--resume", At("run"), "--quiet").Code.ShouldBe(3);

        Zo.Run("attack", "--resume", At("run"), "--max-cost", "50", "--quiet").Done();
        Problems("run").ShouldBe(Problems("local"));
        Result("run").GetProperty("cost").GetDecimal().ShouldBeGreaterThanOrEqualTo(server.Rows.Sum() / 100m);
    }

    [Fact]
    public async Task An_audit_that_reached_the_limit_of_its_cost_says_so_and_goes_on_with_what_it_has_spent()
    {
        await using TestServer server = await TestServer.StartAsync("mnist-lenet");
        string[] audit = ["audit", "--epsilon", "0.05,0.15", "--budget", "100", "--count", "4", "--quiet"];
        Zo.Run([.. audit, "--model", "mnist-lenet", "--out", At("local")]).Done();
        string[] remote = [.. audit, "--model", server.Address, "--out", At("run"), "--cost-per-1000", "10", "--max-cost"];

        Outcome nothing = Zo.Run([.. remote, "0.1"]);
        (nothing.Code, nothing.Error).ShouldBe((3, $"zo: The cost limit of 0.1 is reached: 0 is spent, and the next 16 queries would cost 0.16.{Environment.NewLine}"));

        Outcome stopped = Zo.Run([.. remote, "3"]);
        stopped.Code.ShouldBe(3);
        stopped.Error.ShouldMatch(@"The cost limit of 3 is reached: [^;]*; partial results are in .*; give the same command with --out .* and a higher --max-cost to go on\.");
        decimal spent = Cost();
        spent.ShouldBeInRange(2.5m, 3);

        Zo.Run([.. remote, "50"]).Done().Output.ShouldContain("Cost:    ");
        Cost().ShouldBeInRange(server.Rows.Sum() / 100m, (server.Rows.Sum() / 100m) + 0.5m);
        Levels("run").ShouldBe(Levels("local"));

        decimal Cost() => JsonDocument.Parse(File.ReadAllText(Path.Combine(At("run"), "audit.json"))).RootElement.GetProperty("cost").GetDecimal();
        string Levels(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(At(folder), "audit.json"))).RootElement.GetProperty("levels").GetRawText();
    }

    [Fact]
    public async Task A_run_whose_server_dies_is_resumed_at_the_next_one_to_the_same_result()
    {
        Attack("mnist-lenet", "local").Done();
        int port;
        await using (TestServer server = await TestServer.StartAsync("mnist-lenet", answer: (context, next, request) => request < 40 ? next() : Faults.DoAsync("cut", context, next)))
        {
            port = new Uri(server.Root).Port;
            Outcome lost = Attack(server.Address, "run", "--retries", "1");
            lost.Code.ShouldBe(4);
            lost.Error.ShouldContain("cannot be reached");
        }

        Outcome absent = Zo.Run("attack", "--resume", At("run"), "--quiet");
        absent.Code.ShouldBe(2);
        absent.Error.ShouldContain("start the server");

        await using TestServer next = await TestServer.StartAsync("mnist-lenet", port: port);
        Zo.Run("attack", "--resume", At("run"), "--quiet").Done();
        Problems("run").ShouldBe(Problems("local"));
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/v2/models/mnist-cnn", "cannot be reached", "--model")]
    [InlineData("http://127.0.0.1:1/predict", "names no known protocol", "--model")]
    [InlineData("http://me:secret@127.0.0.1:1/v2/models/m", "in a header from an environment variable", "--model")]
    [InlineData("http://", "is not an address", "--model")]
    [InlineData("grpc://127.0.0.1:1/mnist-cnn", "cannot be reached", "--model")]
    [InlineData("exec:zo-no-such-program", "cannot be started", "--model")]
    public void An_address_that_cannot_be_used_is_one_sentence(string address, string reason, string option) => BadInput(reason, option, "--model", address);

    [Theory]
    [InlineData("/v2/models/mnist-lenet", 401, "", "refuses access (401", "--header")]
    [InlineData("/v2/models/mnist-lenet", 403, """{"error":"no"}""", "refuses access (403 Forbidden: no)", "--header")]
    [InlineData("/v2/models/other", 0, "", "is not there (404", "--model")]
    [InlineData("/v2/models/mnist-lenet", 200, "<html>Hello</html>", "answers with a web page", "--model")]
    [InlineData("/v2/models/mnist-lenet", 301, "", "redirects", "--model")]
    [InlineData("/v2/models/mnist-lenet", 200, """{"name":"m"}""", "describes no model", "--model")]
    [InlineData("/v2/models/mnist-lenet", 200, """{"name":"m","inputs":[{"name":"x","datatype":"FP32","shape":[-1,3,32,32]}],"outputs":[{"name":"y","datatype":"FP32","shape":[-1,10]}]}""", "takes 'x' of shape [?, 3, 32, 32]", "")]
    [InlineData("/v2/models/mnist-lenet", 200, """{"name":"m","inputs":[{"name":"x","datatype":"BYTES","shape":[-1]}],"outputs":[]}""", "takes 'x' as BYTES", "--model")]
    public async Task A_service_that_cannot_be_used_is_one_sentence(string path, int status, string body, string reason, string option)
    {
        await using TestServer server = await TestServer.StartAsync("mnist-lenet", answer: (context, next, request) =>
        {
            if (status == 0)
            {
                return next();
            }

            context.Response.StatusCode = status;
            context.Response.ContentType = body.StartsWith('<') ? "text/html" : "application/json";
            return body.Length > 0 ? context.Response.WriteAsync(body) : Task.CompletedTask;
        });

        BadInput(reason, option, "--model", server.Root + path);
    }

    [Theory]
    [InlineData("names no environment variable", "--header", "--header", "Authorization: Bearer s3same")]
    [InlineData("ZO_TEST_MISSING", "--header", "--header", "Authorization: env:ZO_TEST_MISSING")]
    [InlineData("is not a name, a colon and a value", "--header", "--header", "s3same")]
    [InlineData("needs the price of queries", "--max-cost", "--max-cost", "3")]
    [InlineData("does not exist", "--ca", "--ca", "nowhere.pem")]
    [InlineData("a whole number from 1 to 256", "--concurrency", "--concurrency", "0")]
    [InlineData("is for a model that is a file", "--device", "--device", "cpu")]
    public async Task An_option_that_cannot_be_used_is_one_sentence(string reason, string named, params string[] options)
    {
        await using TestServer server = await TestServer.StartAsync("mnist-lenet");

        BadInput(reason, named, ["--model", server.Address, .. options]).ShouldNotContain("s3same");
    }

    [Theory]
    [InlineData("--concurrency", "3")]
    [InlineData("--cost-per-1000", "3")]
    [InlineData("--header", "A: env:B")]
    public void An_option_for_a_network_is_refused_for_a_file(string option, string value) => BadInput("is for a model behind a network", option, "--model", "mnist-lenet", option, value);

    [Fact]
    public async Task A_service_on_another_port_or_without_tls_is_told_at_once()
    {
        await using TestServer server = await TestServer.StartAsync("mnist-lenet");

        BadInput("does not speak HTTP/2, which gRPC needs", "--model", "--model", server.Root.Replace("http", "grpc") + "/mnist-lenet");
        BadInput("does not answer with TLS", "--model", "--model", server.Address.Replace("http", "https"));
    }

    private string BadInput(string reason, string option, params string[] args)
    {
        Outcome outcome = Zo.Run(["attack", "--count", "2", "--out", At("bad"), .. args]);

        outcome.Code.ShouldBe(2, outcome.Error);
        outcome.Error.ShouldContain(reason);
        outcome.Error.ShouldContain(option);
        outcome.Error.Trim().ShouldNotContain("\n");
        Directory.Exists(At("bad")).ShouldBeFalse();
        return outcome.Error;
    }

    private Outcome Attack(string model, string folder, params string[] options) => Zo.Run(
        ["attack", "--model", model, "--count", "4", "--epsilon", "0.15", "--method", "square", "--budget", "100", "--checkpoint-every", "0.01", "--out", At(folder), "--quiet", .. options]);

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private JsonElement Result(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(At(folder), "result.json"))).RootElement;

    private string Problems(string folder) => Result(folder).GetProperty("runs")[0].GetProperty("problems").GetRawText();
}
