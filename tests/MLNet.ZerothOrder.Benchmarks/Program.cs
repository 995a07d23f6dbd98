using BenchmarkDotNet.Running;
using MLNet.ZerothOrder.Benchmarks;

// dotnet run -c Release --project tests/MLNet.ZerothOrder.Benchmarks -- --filter '*Normals*'
// dotnet run -c Release --project tests/MLNet.ZerothOrder.Benchmarks -- remote samples/ServeModel/bin/Release/net10.0/ServeModel.dll [LATENCY] [ROUNDS]
// dotnet run -c Release --project tests/MLNet.ZerothOrder.Benchmarks -- tables [ROWS]
// dotnet run -c Release --project tests/MLNet.ZerothOrder.Benchmarks -- forests [FIRST SEED] [FORESTS OF EACH SIZE]
if (args is ["tables", .. var rows])
{
    TableFigures.Credit(rows.Length > 0 ? int.Parse(rows[0]) : 500);
    return;
}

if (args is ["forests", .. var seeds])
{
    TableFigures.Forests(seeds.Length > 0 ? int.Parse(seeds[0]) : 101, seeds.Length > 1 ? int.Parse(seeds[1]) : 10);
    return;
}

if (args is ["remote", var server, .. var more])
{
    await RemoteThroughput.RunAsync(server, more.Length > 0 ? int.Parse(more[0]) : 0, more.Length > 1 ? int.Parse(more[1]) : 3);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(NormalsBenchmark).Assembly).Run(args);
