namespace MLNet.ZerothOrder;

/// <summary>How a chart draws its series.</summary>
public enum ChartKind
{
    /// <summary>Lines from point to point.</summary>
    Line,

    /// <summary>Lines that keep their height up to the next point.</summary>
    Step,

    /// <summary>Lines with a dot at each point, for few points.</summary>
    Dots,

    /// <summary>Bars, a row of its own for each series; a series has one x more than it has y: the bars' edges.</summary>
    Bars,
}
