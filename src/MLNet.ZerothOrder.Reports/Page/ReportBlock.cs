namespace MLNet.ZerothOrder;

/// <summary>A part of a <see cref="Report"/>.</summary>
public abstract record ReportBlock
{
    private protected ReportBlock()
    {
    }

    internal abstract void WriteTo(ReportPage page);
}
