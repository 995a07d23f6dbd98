using System.Text;

namespace MLNet.ZerothOrder;

/// <summary>What was embedded for pages and figures: our own scripts and styles, and what npm gave.</summary>
internal static class WebFile
{
    public static bool Exists(string name) => typeof(WebFile).Assembly.GetManifestResourceInfo(name) is not null;

    public static Stream Open(string name) => typeof(WebFile).Assembly.GetManifestResourceStream(name)
        ?? throw new InvalidOperationException($"This build lacks {name}.");

    public static string Text(string name)
    {
        using var reader = new StreamReader(Open(name), Encoding.UTF8);

        // As a browser reads them: what it hashes has no carriage returns.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
