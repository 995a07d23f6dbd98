namespace MLNet.ZerothOrder.Reports;

/// <summary>The main figures of a run.</summary>
/// <param name="Cards">The figures.</param>
public sealed record CardsBlock(IReadOnlyList<Card> Cards) : ReportBlock
{
    internal override void WriteTo(ReportPage page)
    {
        page.Html.Raw("<ul class=\"cards\">");
        foreach (Card card in Cards)
        {
            page.Html.Write($"<li><span class=\"label\">{card.Label}</span><span class=\"value\">{card.Value}</span>");
            if (card.Note is not null)
            {
                page.Html.Write($"<span class=\"note\">{card.Note}</span>");
            }

            page.Html.Raw("</li>");
        }

        page.Html.Raw("</ul>\n");
    }
}
