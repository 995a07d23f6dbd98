using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>The pictures of a result, read only from its folder.</summary>
internal sealed class StoredImages(string folder)
{
    private readonly string _root = Path.GetFullPath(folder);

    /// <summary>The number of pictures that are missing or damaged.</summary>
    public int Missing { get; private set; }

    /// <summary>The picture with this name; null without a name, or if the file is missing or is not a PNG.</summary>
    /// <exception cref="InputException">The name points outside the folder.</exception>
    public PixelBuffer? Read(string? name)
    {
        if (name is null)
        {
            return null;
        }

        string path = PathOf(name);
        try
        {
            return PictureFile.Read(path);
        }
        catch (InputException)
        {
            Missing++;
            return null;
        }
    }

    /// <summary>The original, the adversarial image or last iterate, and their difference. Missing pictures are skipped.</summary>
    public IReadOnlyList<Picture> Of(ImageResult problem)
    {
        PixelBuffer? original = Read(problem.OriginalFile);
        PixelBuffer? found = Read(problem.ImageFile ?? problem.LastFile);
        var pictures = new List<Picture>(3);
        if (original is not null)
        {
            pictures.Add(new Picture("original", original));
        }

        if (found is not null)
        {
            pictures.Add(new Picture(problem.ImageFile is not null ? "adversarial" : "last iterate", found));
        }

        if (original is not null && found is not null && original.Shape == found.Shape)
        {
            PanelImage difference = Panel.Difference(new PanelRow(original.Shape, Floats(original), Floats(found)));
            pictures.Add(new Picture(difference.Amplification == 1 ? "difference" : $"difference ×{difference.Amplification}", difference.Image));
        }

        return pictures;
    }

    // The result may be untrusted: its names, and links in its folder, must not lead to other files.
    private string PathOf(string name)
    {
        string[] parts = name.Split('/');
        bool inside = !parts.Any(part => part is "" or "." or ".." || part.IndexOfAny(['\\', ':', '\0']) >= 0);
        string path = _root;
        foreach (string part in inside ? parts : [])
        {
            path = Path.Combine(path, part);
            inside &= !IsLink(path);
        }

        return inside ? path : throw new InputException($"The result names the picture '{Printable(name)}', which is outside its folder; correct the result file, or create it again.");
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    private static string Printable(string name) => string.Concat(name.Take(60).Select(c => char.IsControl(c) ? '?' : c));

    private static float[] Floats(PixelBuffer image)
    {
        var floats = new float[image.Pixels.Length];
        image.CopyTo(floats);
        return floats;
    }
}
