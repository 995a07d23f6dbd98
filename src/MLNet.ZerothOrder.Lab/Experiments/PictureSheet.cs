using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Draws a gallery as one picture for papers: one row per item, with its pictures side by side on white.</summary>
internal static class PictureSheet
{
    private const int Scale = 4;
    private const int Gap = 8;

    public static PixelBuffer Of(GalleryBlock gallery)
    {
        PixelBuffer first = gallery.Items[0].Pictures[0].Pixels;
        (int width, int height) = ((first.Width * Scale) + Gap, (first.Height * Scale) + Gap);
        var sheet = new PixelBuffer((gallery.Items.Max(item => item.Pictures.Count) * width) + Gap, (gallery.Items.Count * height) + Gap, first.Channels);
        for (int i = 0; i < sheet.Pixels.Length; i++)
        {
            // The gap of each tile is above and to the left of its picture.
            (int x, int y, int channel) = (i / sheet.Channels % sheet.Width, i / sheet.Channels / sheet.Width, i % sheet.Channels);
            (int column, int row) = (x / width, y / height);
            (int left, int top) = ((x % width) - Gap, (y % height) - Gap);
            PixelBuffer? picture = row < gallery.Items.Count && column < gallery.Items[row].Pictures.Count && left >= 0 && top >= 0 ? gallery.Items[row].Pictures[column].Pixels : null;
            sheet.Pixels[i] = picture is null ? byte.MaxValue : picture.Pixels[(((top / Scale * picture.Width) + (left / Scale)) * picture.Channels) + channel];
        }

        return sheet;
    }
}
