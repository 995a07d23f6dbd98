using System.Globalization;
using System.IO.Compression;

namespace MLNet.ZerothOrder.Reports;

/// <summary>
/// The raw data. Files are embedded in the page, compressed. A file that would make the page too large is linked as a file beside the page.
/// </summary>
/// <param name="Files">The files.</param>
public sealed record DownloadsBlock(IReadOnlyList<Download> Files) : ReportBlock
{
    private const int MostEmbedded = 1_200_000;

    internal override void WriteTo(ReportPage page)
    {
        HtmlText html = page.Html;
        html.Raw("<section class=\"downloads\"><h2>Data</h2><ul>");
        foreach (Download file in Files)
        {
            byte[]? packed = file.Content is null ? null : Compressed(file.Content);
            bool isEmbedded = packed?.Length <= MostEmbedded;
            string size = file.Content is null ? "" : file.Content.Length < 1000 ? ", 1 kB" : string.Create(CultureInfo.InvariantCulture, $", {file.Content.Length / 1000.0:N0} kB");
            html.Write($"<li><a class=\"download\" href=\"{Uri.EscapeDataString(file.FileName)}\" download=\"{file.FileName}\"");
            if (isEmbedded)
            {
                html.Write($" data-content=\"{page.Add(packed!)}\"");
            }

            html.Write($">{file.FileName}</a> <span class=\"note\">{file.Description}{size}{(isEmbedded ? "" : ", beside this page")}</span></li>");
        }

        html.Raw("</ul></section>\n");
    }

    private static byte[] Compressed(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.SmallestSize))
        {
            zip.Write(content);
        }

        return packed.ToArray();
    }
}
