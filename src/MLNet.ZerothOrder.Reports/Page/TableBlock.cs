using System.Globalization;

namespace MLNet.ZerothOrder.Reports;

/// <summary>A table with sortable columns.</summary>
/// <param name="Title">The heading of the section.</param>
/// <param name="Columns">The headings of the columns.</param>
/// <param name="Rows">The rows, with one cell per column.</param>
public sealed record TableBlock(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<TableCell>> Rows) : ReportBlock
{
    /// <summary>How to read the table; null for nothing.</summary>
    public string? Note { get; init; }

    /// <summary>Whether the table is collapsed at first.</summary>
    public bool Folded { get; init; }

    internal override void WriteTo(ReportPage page)
    {
        HtmlText html = page.Html;
        if (Folded)
        {
            html.Write($"<details><summary>{Title}</summary>");
        }
        else
        {
            html.Write($"<section><h2>{Title}</h2>");
        }

        // A wide table scrolls in its own frame. The frame must be reachable by keyboard.
        html.Write($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Title}\"><table><thead><tr>");
        for (int c = 0; c < Columns.Count; c++)
        {
            bool number = Rows.Any(row => row[c].Value is not null);
            html.Raw(number ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">");
            html.Write($"<button type=\"button\" class=\"sort\">{Columns[c]}</button></th>");
        }

        html.Raw("</tr></thead><tbody>");
        foreach (IReadOnlyList<TableCell> row in Rows)
        {
            html.Raw("<tr>");
            for (int c = 0; c < row.Count; c++)
            {
                string value = row[c].Value is { } number && double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "";
                html.Raw(c == 0 ? row[c].Value is not null ? "<th scope=\"row\" class=\"number\"" : "<th scope=\"row\"" : row[c].Value is not null ? "<td class=\"number\"" : row[c].IsMarked ? "<td class=\"marked\"" : "<td");
                html.Write($" data-value=\"{value}\">{row[c].Text}");
                html.Raw(c == 0 ? "</th>" : "</td>");
            }

            html.Raw("</tr>");
        }

        html.Raw("</tbody></table></div>");
        if (Note is not null)
        {
            html.Write($"<p class=\"note\">{Note}</p>");
        }

        html.Raw(Folded ? "</details>\n" : "</section>\n");
    }
}
