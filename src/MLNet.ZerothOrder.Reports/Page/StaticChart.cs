using System.Globalization;
using System.Xml;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace MLNet.ZerothOrder.Reports;

/// <summary>Draws charts as SVG without scripts and without Node: for builds without npm's packages, with the colors of charts.js.</summary>
internal static class StaticChart
{
    private const int Width = 640;

    private static readonly OxyColor[] Palette = [.. new[] { "#0064a8", "#bf4a00", "#007a58", "#a63d7c", "#7a6200", "#5b50c8", "#5d6470", "#7d3c1f" }.Select(OxyColor.Parse)];
    private static readonly OxyColor Text = OxyColor.Parse("#1b1d21");
    private static readonly OxyColor Muted = OxyColor.Parse("#5a606b");
    private static readonly OxyColor Line = OxyColor.Parse("#e3e5e9");

    /// <summary>The chart as an SVG element on a white background, 640 units wide.</summary>
    /// <param name="chart">The chart.</param>
    /// <param name="colours">The color of each series by name.</param>
    /// <param name="isDocument">Whether the SVG is a file of its own.</param>
    public static string Svg(Chart chart, IReadOnlyDictionary<string, int> colours, bool isDocument = false)
    {
        bool isBars = chart.Kind == ChartKind.Bars;
        int rows = isBars ? Math.Max(1, chart.Series.Count) : 1;
        var model = new PlotModel
        {
            Background = OxyColors.White,
            TextColor = Text,
            DefaultFont = "sans-serif",
            PlotAreaBorderThickness = default,
            Culture = CultureInfo.InvariantCulture,
            IsLegendVisible = true,
        };
        model.Axes.Add(Axis(chart.X, AxisPosition.Bottom));
        for (int row = 0; row < rows; row++)
        {
            Axis axis = Axis(chart.Y, AxisPosition.Left);
            axis.MajorGridlineStyle = LineStyle.Solid;
            axis.MajorGridlineColor = Line;
            axis.Key = Key(row);
            axis.StartPosition = 1 - ((row + (rows > 1 ? 0.82 : 1)) / rows);
            axis.EndPosition = 1 - ((double)row / rows);
            axis.MinimumDataMargin = isBars ? 0 : axis.MinimumDataMargin;
            model.Axes.Add(axis);
        }

        if (chart.Series.Count > 1 || !isBars)
        {
            model.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.TopLeft, LegendOrientation = LegendOrientation.Horizontal, LegendFontSize = 12 });
        }

        for (int i = 0; i < chart.Series.Count; i++)
        {
            Add(model, chart, chart.Series[i], Palette[colours.GetValueOrDefault(chart.Series[i].Name) % Palette.Length], Key(isBars ? i : 0));
        }

        foreach (ChartRule rule in chart.Rules.Where(rule => double.IsFinite(rule.X)))
        {
            model.Annotations.Add(new LineAnnotation { Type = LineAnnotationType.Vertical, X = rule.X, Text = Printable(rule.Label), Color = Muted, TextColor = Muted, LineStyle = LineStyle.Dash, YAxisKey = Key(0) });
        }

        var exporter = new SvgExporter { Width = Width, Height = rows > 1 ? 90 + (70 * rows) : 380, IsDocument = isDocument, UseVerticalTextAlignmentWorkaround = true };

        // A view box lets the page scale the chart. Identifiers are unique in the page, not only in the chart.
        string svg = exporter.ExportToString(model)
            .Replace("<svg ", string.Create(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {exporter.Width} {exporter.Height}\" "), StringComparison.Ordinal)
            .Replace("id=\"clipPath", $"id=\"{chart.Id}-clip", StringComparison.Ordinal)
            .Replace("url(#clipPath", $"url(#{chart.Id}-clip", StringComparison.Ordinal);

        // A page holds no XML declaration.
        return isDocument ? svg : svg[svg.IndexOf("<svg", StringComparison.Ordinal)..];
    }

    private static string Key(int row) => $"y{row}";

    private static Axis Axis(ChartAxis axis, AxisPosition position)
    {
        Axis drawn = axis.Logarithmic ? new LogarithmicAxis() : new LinearAxis();
        drawn.Position = position;
        drawn.Title = Printable(axis.Label);
        drawn.TicklineColor = Muted;
        drawn.AxislineColor = Muted;
        drawn.AxislineStyle = position == AxisPosition.Bottom ? LineStyle.Solid : LineStyle.None;
        drawn.AxisTitleDistance = position == AxisPosition.Left ? 14 : 6;
        drawn.MinorTickSize = 0;
        drawn.MinimumPadding = 0.02;
        drawn.MaximumPadding = 0.02;
        return drawn;
    }

    private static void Add(PlotModel model, Chart chart, ChartSeries series, OxyColor colour, string axis)
    {
        // Legends are clipped to widths of a narrower font than browsers have.
        string name = Printable(series.Name);
        name = name.PadRight((name.Length * 4 / 3) + 6, '\u00A0');
        if (chart.Kind == ChartKind.Bars)
        {
            var bars = new RectangleBarSeries { Title = name, FillColor = colour, StrokeThickness = 0, YAxisKey = axis };
            for (int i = 0; i < series.Y.Count; i++)
            {
                if (double.IsFinite(series.X[i]) && double.IsFinite(series.X[i + 1]) && series.Y[i] > 0 && double.IsFinite(series.Y[i]))
                {
                    bars.Items.Add(new RectangleBarItem(series.X[i], 0, series.X[i + 1], series.Y[i]));
                }
            }

            model.Series.Add(bars);
            return;
        }

        int[] shown = [.. Enumerable.Range(0, series.X.Count).Where(i => IsShown(chart.X, series.X[i]) && IsShown(chart.Y, series.Y[i]))];
        if (series.Low is { } low && series.High is { } high)
        {
            var band = new AreaSeries { Color = OxyColors.Transparent, Fill = OxyColor.FromAColor(33, colour), YAxisKey = axis, RenderInLegend = false };
            foreach (int i in shown.Where(i => IsShown(chart.Y, low[i]) && IsShown(chart.Y, high[i])))
            {
                band.Points.Add(new DataPoint(series.X[i], low[i]));
                band.Points2.Add(new DataPoint(series.X[i], high[i]));
            }

            model.Series.Add(band);
        }

        LineSeries line = chart.Kind == ChartKind.Step ? new StairStepSeries { VerticalStrokeThickness = 2 } : new LineSeries();
        line.Title = name;
        line.Color = colour;
        line.YAxisKey = axis;
        line.LineStyle = series.Dashed ? LineStyle.Dash : LineStyle.Solid;
        if (chart.Kind == ChartKind.Dots || shown.Length == 1)
        {
            line.MarkerType = MarkerType.Circle;
            line.MarkerFill = colour;
        }

        line.Points.AddRange(shown.Select(i => new DataPoint(series.X[i], series.Y[i])));
        model.Series.Add(line);
    }

    private static bool IsShown(ChartAxis axis, double value) => double.IsFinite(value) && (!axis.Logarithmic || value > 0);

    // Names come from files. XML has no place for control characters and halves of surrogate pairs.
    private static string Printable(string text) => string.Concat(text.EnumerateRunes().Where(rune => rune.Value > 0xFFFF || XmlConvert.IsXmlChar((char)rune.Value)));
}
