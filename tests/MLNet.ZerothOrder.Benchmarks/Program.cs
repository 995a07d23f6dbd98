using BenchmarkDotNet.Running;

// dotnet run -c Release --project tests/MLNet.ZerothOrder.Benchmarks -- --filter '*Normals*'
BenchmarkSwitcher.FromAssembly(typeof(MLNet.ZerothOrder.Benchmarks.NormalsBenchmark).Assembly).Run(args);
