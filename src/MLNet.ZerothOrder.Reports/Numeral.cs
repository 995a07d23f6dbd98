using System.Globalization;

namespace MLNet.ZerothOrder.Reports;

/// <summary>Numbers for readers: about three digits, with thousands separators.</summary>
internal static class Numeral
{
    public const string None = "–";

    public static string Of(double? value) => value is not { } number || !double.IsFinite(number) ? None : Math.Abs(number) switch
    {
        var size when size < 1e9 && size == Math.Floor(size) => number.ToString("N0", CultureInfo.InvariantCulture),
        >= 1e9 or < 1e-3 => number.ToString("0.##e+0", CultureInfo.InvariantCulture),
        >= 100 => number.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => number.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => number.ToString("0.00", CultureInfo.InvariantCulture),
        >= 0.1 => number.ToString("0.000", CultureInfo.InvariantCulture),
        _ => number.ToString("G3", CultureInfo.InvariantCulture),
    };

    public static string Of(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Percent(double share) => double.IsFinite(share) ? share.ToString("0.# %", CultureInfo.InvariantCulture) : None;

    public static string Seconds(double seconds) => seconds switch
    {
        < 90 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        < 5400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0.0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.0} h"),
    };
}
