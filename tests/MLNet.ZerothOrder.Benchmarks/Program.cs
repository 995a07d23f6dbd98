using BenchmarkDotNet.Running;
using MLNet.ZerothOrder.Benchmarks;

// dotnet run -c Release --project tests/MLNet.ZerothOrder.Benchmarks -- --filter '*Normals*'
// dotnet run -c Release --project tests/MLNet.ZerothOrder.Benchmarks -- remote samples/ServeModel/bin/Release/net10.0/ServeModel.dll [LATENCY] [ROUNDS]
if (args is ["remote", var server, .. var more])
{
    await RemoteThroughput.RunAsync(server, more.Length > 0 ? int.Parse(more[0]) : 0, more.Length > 1 ? int.Parse(more[1]) : 3);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(NormalsBenchmark).Assembly).Run(args);
