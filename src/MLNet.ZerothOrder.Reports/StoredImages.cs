using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Reports;

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

        string path = ResultFolder.PictureIn(_root, name);
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

    private static float[] Floats(PixelBuffer image)
    {
        var floats = new float[image.Pixels.Length];
        image.CopyTo(floats);
        return floats;
    }
}
