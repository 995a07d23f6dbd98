using System.Reflection;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A very short run of tests/fuzz.sh.</summary>
public sealed class FuzzTests
{
    [Fact]
    public void No_reader_does_more_with_a_mutated_file_than_read_or_refuse_it()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "MLNet.ZerothOrder.sln")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        MethodInfo main = Assembly.Load("MLNet.ZerothOrder.Fuzz").EntryPoint!;
        main.Invoke(null, [(string[])["all", "300", "1", root]]).ShouldBe(0);
    }
}
