using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Tests keep away from what the user has: this process, and those it starts, see an empty folder of application data.</summary>
internal static class UserFolder
{
    [ModuleInitializer]
    internal static void MakeEmpty()
    {
        string folder = Directory.CreateTempSubdirectory("zo-user-").FullName;
        Environment.SetEnvironmentVariable("XDG_DATA_HOME", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
