using ImageMagick;

namespace MLNet.ZerothOrder.Data;

/// <summary>A kind of picture file that is read. The name of a file states its kind; its first bytes must agree.</summary>
internal sealed record PictureKind(string Name, MagickFormat Format, string[] Endings, PictureKind.Head Begins)
{
    /// <summary>The usual ending.</summary>
    public string Ending => Endings[0];

    /// <summary>All kinds.</summary>
    public static IReadOnlyList<PictureKind> All { get; } =
    [
        new("PNG", MagickFormat.Png, [".png"], head => head is [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, ..]),
        new("JPEG", MagickFormat.Jpeg, [".jpg", ".jpeg", ".jpe", ".jfif"], head => head is [0xFF, 0xD8, 0xFF, ..]),
        new("WebP", MagickFormat.WebP, [".webp"], head => head.Length >= 12 && head.StartsWith("RIFF"u8) && head[8..].StartsWith("WEBP"u8)),
        new("BMP", MagickFormat.Bmp, [".bmp"], head => head.StartsWith("BM"u8)),
        new("GIF", MagickFormat.Gif, [".gif"], head => head.StartsWith("GIF8"u8)),
        new("TIFF", MagickFormat.Tiff, [".tif", ".tiff"], head => head is [0x49, 0x49, 42 or 43, 0, ..] or [0x4D, 0x4D, 0, 42 or 43, ..]),
    ];

    /// <summary>The kind that the name of a file states; null for another one.</summary>
    public static PictureKind? Named(string file) => All.FirstOrDefault(kind => kind.Endings.Contains(Path.GetExtension(file).ToLowerInvariant()));

    /// <summary>The kind of a content; null for another one.</summary>
    public static PictureKind? Of(ReadOnlySpan<byte> content)
    {
        foreach (PictureKind kind in All)
        {
            if (kind.Begins(content))
            {
                return kind;
            }
        }

        return null;
    }

    /// <summary>Whether a content begins as files of a kind do.</summary>
    public delegate bool Head(ReadOnlySpan<byte> content);
}
