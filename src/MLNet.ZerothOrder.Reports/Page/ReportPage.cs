using System.Security.Cryptography;
using System.Text;

namespace MLNet.ZerothOrder.Reports;

/// <summary>
/// Builds the page of a report. Its content security policy allows only our own scripts, by their hashes, and no network requests.
/// </summary>
/// <param name="report">The report.</param>
/// <param name="isInteractive">Whether scripts draw the charts; if not, they are static pictures.</param>
internal sealed class ReportPage(Report report, bool isInteractive)
{
    private readonly List<Chart> _charts = [];
    private readonly List<byte[]> _files = [];

    public HtmlText Html { get; } = new();

    public bool IsInteractive => isInteractive;

    /// <summary>The color of each series by name.</summary>
    public IReadOnlyDictionary<string, int> Colours { get; } = report.Colours();

    /// <summary>Adds a chart and returns its index.</summary>
    public int Add(Chart chart)
    {
        _charts.Add(chart);
        return _charts.Count - 1;
    }

    /// <summary>Adds a compressed file and returns its index.</summary>
    public int Add(byte[] file)
    {
        _files.Add(file);
        return _files.Count - 1;
    }

    public string ToHtml()
    {
        string[] scripts = isInteractive
            ? [WebFile.Text("d3.min.js"), WebFile.Text("plot.umd.min.js"), WebFile.Text("charts.js"), WebFile.Text("report.js")]
            : [WebFile.Text("report.js")];
        WriteHead(scripts);
        WriteBody();
        foreach (string script in scripts)
        {
            Html.Raw($"<script>{script}</script>\n");
        }

        Html.Raw("</body>\n</html>\n");
        return Html.ToString();
    }

    /// <summary>Writes the content of the page, without its scripts and styles.</summary>
    public HtmlText WriteBody()
    {
        Html.Raw("<body>\n");
        WriteHeader();
        Html.Raw("<main>\n");
        foreach (ReportBlock block in report.Blocks)
        {
            block.WriteTo(this);
        }

        Html.Raw("</main>\n<dialog aria-labelledby=\"opened\"><div class=\"bar\"><h2 id=\"opened\"></h2><button type=\"button\" class=\"previous\">Previous</button><button type=\"button\" class=\"next\">Next</button><button type=\"button\" class=\"close\">Close</button></div><div class=\"body\"></div></dialog>\n");
        Html.Raw($"<script type=\"application/json\" id=\"charts\">{ChartJson.Of(_charts, Colours)}</script>\n");
        for (int i = 0; i < _files.Count; i++)
        {
            Html.Raw($"<script type=\"application/octet-stream\" id=\"file-{i}\">{Convert.ToBase64String(_files[i])}</script>\n");
        }

        return Html;
    }

    private void WriteHead(string[] scripts)
    {
        string hashes = string.Join(' ', scripts.Select(script => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'"));
        Html.Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        Html.Raw($"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {hashes}; base-uri 'none'; form-action 'none'\">\n");
        Html.Write($"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>{report.Title}</title>\n");
        if (isInteractive)
        {
            Html.Raw($"<!-- The charts are drawn by D3 and Observable Plot, with the parts and under the licences named here.\n\n{WebFile.Text("page.txt").Replace("--", "- -")}\n-->\n");
        }

        Html.Raw($"<style>{WebFile.Text("report.css")}</style>\n</head>\n");
    }

    private void WriteHeader()
    {
        Html.Write($"<header><div><h1>{report.Title}</h1>");
        if (report.Lead is not null)
        {
            Html.Write($"<p class=\"lead\">{report.Lead}</p>");
        }

        Html.Raw("</div><button type=\"button\" class=\"theme\">Dark</button></header>\n");
        foreach (string warning in report.Warnings)
        {
            Html.Write($"<p class=\"warning\" role=\"note\">{warning}</p>\n");
        }

        if (isInteractive)
        {
            Html.Raw("<noscript><p class=\"warning\">Without scripts this page shows its tables and pictures, but no charts.</p></noscript>\n");
        }
        else if (report.Charts.Any())
        {
            Html.Raw("<p class=\"note\">These charts are static, because npm was missing when this program was built. Install Node with npm, build again and draw the report again for interactive ones.</p>\n");
        }
    }
}
