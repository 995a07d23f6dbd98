namespace MLNet.ZerothOrder.Reports;

/// <summary>Charts, side by side if the page is wide enough.</summary>
/// <param name="Title">The heading of the section.</param>
/// <param name="Charts">The charts.</param>
public sealed record ChartsBlock(string Title, IReadOnlyList<Chart> Charts) : ReportBlock
{
    internal override void WriteTo(ReportPage page)
    {
        page.Html.Write($"<section><h2>{Title}</h2><div class=\"charts\">");
        foreach (Chart chart in Charts)
        {
            page.Html.Write($"<figure class=\"chart\" data-chart=\"{page.Add(chart)}\"><h3>{chart.Title}</h3><div class=\"plot\">");
            if (!page.IsInteractive)
            {
                page.Html.Raw(StaticChart.Svg(chart, page.Colours));
            }

            page.Html.Raw("</div>");
            if (chart.Caption is not null)
            {
                page.Html.Write($"<figcaption>{chart.Caption}</figcaption>");
            }

            page.Html.Raw("</figure>");
        }

        page.Html.Raw("</div></section>\n");
    }
}
