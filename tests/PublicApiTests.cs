using System.Reflection;
using System.Runtime.CompilerServices;
using PublicApiGenerator;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>
/// Compiled into the tests of every library with a file in tests/PublicApi. A change of the public API shows up as a change of that file, where
/// it is reviewed. ZO_API=write writes the files.
/// </summary>
public sealed class PublicApiTests
{
    [Fact]
    public void The_public_api_is_the_reviewed_one()
    {
        string project = typeof(PublicApiTests).Assembly.GetName().Name!.Replace(".Tests", "");
        string file = Path.Combine(Folder(), $"{project}.txt");

        string api = Assembly.Load(project).GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false });

        if (Environment.GetEnvironmentVariable("ZO_API") == "write")
        {
            File.WriteAllText(file, api + "\n");
        }

        (api + "\n").ShouldBe(File.ReadAllText(file), $"The public API of {project} changed. If that is meant, write tests/PublicApi anew with ZO_API=write ./test.sh --filter PublicApi, and review the difference.");
    }

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "PublicApi");
}
