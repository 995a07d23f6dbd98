using System.Text;

namespace MLNet.ZerothOrder.Reports;

/// <summary>The embedded files for pages and figures: our own scripts and styles, and the packages from npm.</summary>
internal static class WebFile
{
    public static bool Exists(string name) => typeof(WebFile).Assembly.GetManifestResourceInfo(name) is not null;

    public static Stream Open(string name) => typeof(WebFile).Assembly.GetManifestResourceStream(name)
        ?? throw new InvalidOperationException($"This build lacks {name}.");

    public static string Text(string name)
    {
        using var reader = new StreamReader(Open(name), Encoding.UTF8);

        // Browsers normalize line endings before they hash a script, so carriage returns are removed.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
