using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Reports;

/// <summary>A gallery. Its items can be filtered, sorted and opened one by one.</summary>
/// <param name="Title">The heading of the section.</param>
/// <param name="Items">The items.</param>
public sealed record GalleryBlock(string Title, IReadOnlyList<GalleryItem> Items) : ReportBlock
{
    // Larger images look better with interpolation than with sharp pixels.
    private const int SmallSide = 64;

    /// <summary>What the groups of the items are, such as "optimizer".</summary>
    public string GroupName { get; init; } = "group";

    /// <summary>How to read the gallery, and which items are missing; null for nothing.</summary>
    public string? Note { get; init; }

    internal override void WriteTo(ReportPage page)
    {
        HtmlText html = page.Html;
        html.Write($"<section class=\"gallery\"><h2>{Title}</h2>");
        if (Note is not null)
        {
            html.Write($"<p class=\"note\">{Note}</p>");
        }

        WriteControls(html);
        html.Raw("<ul class=\"items\">");
        foreach (GalleryItem item in Items)
        {
            WriteItem(page, item);
        }

        html.Raw("</ul></section>\n");
    }

    private void WriteControls(HtmlText html)
    {
        html.Raw("<form class=\"controls\"><label>name <input type=\"search\" name=\"name\" autocomplete=\"off\"></label>");
        Select(html, GroupName, "group", Items.Select(item => item.Group));
        Select(html, "outcome", "outcome", Items.Select(item => item.Outcome));
        html.Raw("<label>sort by <select name=\"sort\"><option value=\"\">order of the run</option>");
        foreach (string name in Items.SelectMany(item => item.Facts).Where(fact => fact.Value is not null).Select(fact => fact.Name).Distinct())
        {
            html.Write($"<option value=\"{name}\">{name}</option>");
        }

        html.Raw("</select></label><label class=\"check\"><input type=\"checkbox\" name=\"descending\"> largest first</label><output aria-live=\"polite\"></output></form>");
    }

    private static void Select(HtmlText html, string label, string name, IEnumerable<string> values)
    {
        string[] all = [.. values.Distinct()];
        if (all.Length < 2)
        {
            return;
        }

        html.Write($"<label>{label} <select name=\"{name}\"><option value=\"\">all</option>");
        foreach (string value in all)
        {
            html.Write($"<option value=\"{value}\">{value}</option>");
        }

        html.Raw("</select></label>");
    }

    private static void WriteItem(ReportPage page, GalleryItem item)
    {
        HtmlText html = page.Html;
        html.Write($"<li data-name=\"{item.Title}\" data-group=\"{item.Group}\" data-outcome=\"{item.Outcome}\" data-trace=\"{(item.Trace is { } trace ? page.Add(trace) : -1)}\">");
        html.Write($"<button type=\"button\" class=\"open\"><span class=\"name\">{item.Title}</span><span class=\"group\">{item.Group}</span></button>");
        html.Raw("<div class=\"pictures\">");
        foreach (Picture picture in item.Pictures)
        {
            string content = Convert.ToBase64String(Png.Encode(picture.Pixels));
            string sampling = Math.Min(picture.Pixels.Width, picture.Pixels.Height) <= SmallSide ? "sharp" : "smooth";
            html.Write($"<figure><img class=\"{sampling}\" width=\"{picture.Pixels.Width}\" height=\"{picture.Pixels.Height}\" alt=\"{item.Title}: {picture.Label}\" src=\"data:image/png;base64,{content}\"><figcaption>{picture.Label}</figcaption></figure>");
        }

        html.Write($"</div><p class=\"{(item.IsGood ? "outcome good" : "outcome")}\">{item.Outcome}</p><dl>");
        foreach (GalleryFact fact in item.Facts)
        {
            string value = fact.Value is { } number && double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "";
            html.Write($"<div data-fact=\"{fact.Name}\" data-value=\"{value}\"><dt>{fact.Name}</dt><dd>{fact.Text}</dd></div>");
        }

        html.Raw("</dl></li>\n");
    }
}
