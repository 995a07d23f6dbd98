namespace MLNet.ZerothOrder.Reports;

/// <summary>How a chart draws its series.</summary>
public enum ChartKind
{
    /// <summary>Lines between points.</summary>
    Line,

    /// <summary>Steps: lines that keep their height up to the next point.</summary>
    Step,

    /// <summary>Lines with a dot at each point, for few points.</summary>
    Dots,

    /// <summary>Bars, with one row per series. The x values are the edges of the bars, one more than the y values.</summary>
    Bars,
}
