namespace MLNet.ZerothOrder.Cli;

/// <summary>Enumerations and durations in the words of the command line.</summary>
internal static class Words
{
    public static string Of(ScoreKind kind) => ScoreKinds.Name(kind);

    public static string Of(BoxTransform transform) => transform == BoxTransform.Clip ? "clip" : "tanh";

    public static string Of(ImageLayout layout) => layout switch
    {
        ImageLayout.Nchw => "NCHW",
        ImageLayout.Nhwc => "NHWC",
        _ => "flat",
    };

    /// <summary>A duration as minutes and seconds, with hours if needed.</summary>
    public static string Of(TimeSpan time) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{(time.TotalHours >= 1 ? $"{(long)time.TotalHours}:{time.Minutes:00}" : $"{time.Minutes}")}:{time.Seconds:00}");
}
