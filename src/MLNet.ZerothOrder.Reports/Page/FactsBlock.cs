namespace MLNet.ZerothOrder.Reports;

/// <summary>The settings and the environment of a run as names and values.</summary>
/// <param name="Facts">The names and values.</param>
public sealed record FactsBlock(IReadOnlyList<Fact> Facts) : ReportBlock
{
    internal override void WriteTo(ReportPage page)
    {
        page.Html.Raw("<dl class=\"facts\">");
        foreach (Fact fact in Facts)
        {
            page.Html.Write($"<div><dt>{fact.Name}</dt><dd>{fact.Text}</dd></div>");
        }

        page.Html.Raw("</dl>\n");
    }
}
