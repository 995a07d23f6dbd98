namespace MLNet.ZerothOrder.Reports;

/// <summary>The command line that repeats the run.</summary>
/// <param name="Command">The command line.</param>
public sealed record CommandBlock(string Command) : ReportBlock
{
    internal override void WriteTo(ReportPage page) => page.Html.Write(
        $"<section><h2>Repeat the run</h2><div class=\"command\"><pre tabindex=\"0\" aria-label=\"Command\"><code>{Command}</code></pre><button type=\"button\" class=\"copy\">Copy</button></div></section>\n");
}
