using Microsoft.AspNetCore.Http;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class PageTests
{
    [Fact]
    public async Task The_packages_example_attacks_a_service_that_wants_a_token()
    {
        Page.ShowsExample("../../src/MLNet.ZerothOrder.Remote/README.md", "remote");
        await using TestServer server = await TestServer.StartAsync("mnist-lenet", answer: (context, next, request) =>
        {
            context.Response.StatusCode = context.Request.Headers.Authorization == "Bearer sesame" ? 200 : 401;
            return context.Response.StatusCode == 200 ? next() : Task.CompletedTask;
        });
        Environment.SetEnvironmentVariable("MODEL_TOKEN", "sesame");

        Example(server.Address, Remote.Digits, new AttackOptions { Count = 2, Limits = new RunLimits { Budget = 50, Iterations = int.MaxValue }, Loss = new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 0.3 } }).ShouldBeGreaterThan(0);
    }

    private static decimal Example(string address, ImageSet images, AttackOptions attack)
    {
        // example remote
        var options = new RemoteOptions
        {
            Headers = ["Authorization: Bearer env:MODEL_TOKEN"],
            Cost = new CostMeter(perThousand: 1.50m, most: 20),
        };
        using RemoteClassifier classifier = RemoteClassifier.Open(address, images, options);
        Console.WriteLine(classifier.Info.Assumptions);

        using NamedOptimizer square = NamedOptimizer.Create("square");
        AttackResult result = new BlackBoxAttack(classifier, square.Optimizer, attack).Run(images);
        Console.WriteLine($"{result.Runs[0].Summary.SuccessRate:P0} of the images fell, for {classifier.Cost!.Spent}");
        Console.WriteLine(classifier.Summary);

        // end of remote
        return classifier.Cost.Spent;
    }
}
