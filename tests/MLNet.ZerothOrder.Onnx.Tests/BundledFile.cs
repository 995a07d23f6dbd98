namespace MLNet.ZerothOrder.Tests;

/// <summary>The bundled classifiers.</summary>
internal static class BundledFile
{
    public static string Path(string target)
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "MLNet.ZerothOrder.sln")))
        {
            folder = System.IO.Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("No folder above the tests holds the solution.");
        }

        return System.IO.Path.Combine(folder, "onnx", "targets", target);
    }
}
