namespace MLNet.ZerothOrder;

/// <summary>What was run and on what, name by name.</summary>
/// <param name="Facts">The names and what they stand for.</param>
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
