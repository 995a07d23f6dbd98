using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class OpenInferenceTests
{
    [Theory]
    [InlineData(TensorFormat.Binary)]
    [InlineData(TensorFormat.Json)]
    public async Task An_attack_over_http_gives_the_same_bytes_as_the_same_model_here(TensorFormat format)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RemoteClassifier remote = RemoteClassifier.Open(server.Address, Remote.Digits, Remote.Impatient with { Format = format });
        using OnnxClassifierOracle local = Remote.Local();

        Remote.Text(Remote.Attack(remote)).ShouldBe(Remote.Text(Remote.Attack(local)));
        Remote.Text(Remote.Attack(remote, "square")).ShouldBe(Remote.Text(Remote.Attack(local, "square")));
    }

    [Fact]
    public async Task Bytes_are_sent_where_the_server_says_that_it_takes_them()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RemoteClassifier remote = RemoteClassifier.Open(server.Address, Remote.Digits, Remote.Impatient);

        remote.Info.Protocol.ShouldContain("binary");
        remote.Info.Name.ShouldBe("mnist-cnn");
        remote.Info.Version.ShouldBe("1");
        remote.Info.Image.ShouldBe(new ImageShape(1, 28, 28));
        remote.ScoreLength.ShouldBe(10);
        remote.Info.Answers!.Right.ShouldBe(remote.Info.Answers.Count);
    }

    [Fact]
    public async Task No_request_has_more_rows_than_the_server_takes_and_no_more_run_at_a_time_than_asked()
    {
        await using TestServer server = await TestServer.StartAsync(mostRows: 5);
        using RemoteClassifier remote = RemoteClassifier.Open(server.Address, Remote.Digits, Remote.Impatient with { Concurrency = 3 });

        Remote.Attack(remote);

        server.Rows.Max().ShouldBe(5);
        server.MostRunning.ShouldBeInRange(1, 3);
    }

    [Fact]
    public async Task Every_row_of_a_clean_run_is_sent_once()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RemoteClassifier remote = RemoteClassifier.Open(server.Address, Remote.Digits, Remote.Impatient);
        int loaded = server.Rows.Sum();

        AttackResult result = Remote.Attack(remote);

        loaded.ShouldBe(remote.LoadingQueries);
        server.Rows.Sum().ShouldBe((int)(result.Runs[0].Images.Sum(image => image.Queries) + result.OverheadQueries));
    }

    [Fact]
    public async Task An_address_with_a_version_is_asked_at_that_version()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RemoteClassifier remote = RemoteClassifier.Open(server.Address + "/versions/1", Remote.Digits, Remote.Impatient);

        server.Paths.Where(path => path != "/v2").ShouldAllBe(path => path.StartsWith("/v2/models/mnist-cnn/versions/1", StringComparison.Ordinal));
    }
}
