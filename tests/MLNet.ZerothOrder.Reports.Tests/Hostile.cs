namespace MLNet.ZerothOrder.Tests;

/// <summary>Names that would be markup or script wherever they were taken for it.</summary>
internal static class Hostile
{
    public const string Markup = "\"><script>hit()</script><img src=x onerror=hit()>";

    public static readonly string[] Names =
    [
        Markup, "</script><script>hit()</script>", "'-hit()-'", "${hit()}", "<!--", "--><svg onload=hit()>", "&lt;b&gt;&quot;", "]]>", "\u2028\u2029\0\u0007\u202e",
        "javascript:hit()", "../../etc/passwd", "a' autofocus onfocus='hit()", "</style><style>*{display:none}", "</title>", "{{hit()}}", "ℓ1 ≤ é 漢字 🦊",
    ];
}
