namespace MLNet.ZerothOrder.Reports;

/// <summary>A part of a <see cref="Report"/>.</summary>
public abstract record ReportBlock
{
    private protected ReportBlock()
    {
    }

    internal abstract void WriteTo(ReportPage page);
}
