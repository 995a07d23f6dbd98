using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;

namespace MLNet.ZerothOrder;

/// <summary>An audit as files that build servers read.</summary>
public static class AuditFiles
{
    /// <summary>Writes the audit as JUnit XML: a test case per ball. That of the largest ball fails if the requirement is not met.</summary>
    public static void WriteJUnit(AuditResult audit, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(audit);
        ArgumentNullException.ThrowIfNull(stream);
        string seconds = audit.Seconds.ToString("F3", CultureInfo.InvariantCulture);
        int failures = audit.Passed == false ? 1 : 0;
        var suite = new XElement(
            "testsuite", new XAttribute("name", "zo audit"), new XAttribute("tests", audit.Levels.Count), new XAttribute("failures", failures), new XAttribute("errors", audit.Partial ? 1 : 0),
            new XAttribute("skipped", 0), new XAttribute("time", seconds));
        foreach (AuditLevel level in audit.Levels)
        {
            bool last = level == audit.Levels[^1];
            var test = new XElement("testcase", new XAttribute("classname", ModelName(audit)), new XAttribute("name", $"robust accuracy in {Ball(audit, level)}"), new XAttribute("time", last ? seconds : "0"));
            if (last && audit.Partial)
            {
                test.Add(new XElement("error", new XAttribute("message", "The audit was interrupted."), new XAttribute("type", "interrupted")));
            }
            else if (last && audit.Passed == false)
            {
                test.Add(new XElement("failure", new XAttribute("message", Sentence(audit, level)), new XAttribute("type", "requirement")));
            }

            test.Add(new XElement("system-out", Sentence(audit, level)));
            suite.Add(test);
        }

        using var writer = XmlWriter.Create(stream, new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) });
        new XElement("testsuites", suite).Save(writer);
    }

    /// <summary>Writes the audit as SARIF 2.1.0: a result per ball, of level <c>error</c> where the requirement is not met, else <c>note</c>.</summary>
    public static void WriteSarif(AuditResult audit, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(audit);
        ArgumentNullException.ThrowIfNull(stream);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
        json.WriteString("version", "2.1.0");
        json.WriteStartArray("runs");
        json.WriteStartObject();
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "zo");
        json.WriteString("version", audit.Version);
        json.WriteStartArray("rules");
        json.WriteStartObject();
        json.WriteString("id", "robust-accuracy");
        Message(json, "shortDescription", "The share of images that the classifier still gets right within a ball and a budget of queries.");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("invocations");
        json.WriteStartObject();
        json.WriteBoolean("executionSuccessful", !audit.Partial);
        if (audit.Command.Length > 0)
        {
            json.WriteString("commandLine", audit.Command);
        }

        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartArray("results");
        foreach (AuditLevel level in audit.Levels)
        {
            json.WriteStartObject();
            json.WriteString("ruleId", "robust-accuracy");
            json.WriteString("level", level == audit.Levels[^1] && audit.Passed == false ? "error" : "note");
            Message(json, "message", Sentence(audit, level));
            json.WriteStartArray("locations");
            json.WriteStartObject();
            json.WriteStartObject("physicalLocation");
            json.WriteStartObject("artifactLocation");
            json.WriteString("uri", Uri.EscapeDataString(ModelName(audit)));
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartObject("properties");
            json.WriteString("norm", audit.Norm.Word());
            json.WriteNumber("epsilon", level.Epsilon);
            json.WriteNumber("robustAccuracy", level.RobustAccuracy.Rate);
            json.WriteNumber("low95", level.RobustAccuracy.Interval95.Low);
            json.WriteNumber("high95", level.RobustAccuracy.Interval95.High);
            json.WriteNumber("budget", audit.Budget);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The verdict on a ball in one sentence.</summary>
    public static string Sentence(AuditResult audit, AuditLevel level)
    {
        ArgumentNullException.ThrowIfNull(audit);
        ArgumentNullException.ThrowIfNull(level);
        AuditShare share = level.RobustAccuracy;
        string required = audit.Require is { } least && level == audit.Levels[^1]
            ? string.Create(CultureInfo.InvariantCulture, $"; {(audit.Passed == false ? "at least" : "required are")} {least * 100:0.#} %{(audit.Passed == false ? " are required" : "")}") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{share.Right} of {share.Of} images ({share.Rate * 100:0.#} %, 95 %: {share.Interval95.Low * 100:0}–{share.Interval95.High * 100:0} %) stay right in {Ball(audit, level)} within {audit.Budget:N0} queries each{required}.");
    }

    /// <summary>A ball in words, such as <c>the ℓ∞ ball of 8/255</c>.</summary>
    public static string Ball(AuditResult audit, AuditLevel level)
    {
        ArgumentNullException.ThrowIfNull(audit);
        ArgumentNullException.ThrowIfNull(level);
        return $"the {audit.Norm.Symbol()} ball of {Radius(audit.Norm, level.Epsilon)}";
    }

    /// <summary>A radius as text: in grey levels where it is a whole number of them, such as <c>8/255</c>.</summary>
    public static string Radius(DistortionNorm norm, double epsilon)
    {
        double levels = epsilon * 255;
        return norm == DistortionNorm.LInfinity && Math.Abs(levels - Math.Round(levels)) < 1e-9 && Math.Round(levels) is >= 1 and <= 32
            ? string.Create(CultureInfo.InvariantCulture, $"{Math.Round(levels):0}/255") : epsilon.ToString("G6", CultureInfo.InvariantCulture);
    }

    private static string ModelName(AuditResult audit) => audit.Model.Path.Length > 0 ? Path.GetFileName(audit.Model.Path) : "classifier";

    private static void Message(Utf8JsonWriter json, string name, string text)
    {
        json.WriteStartObject(name);
        json.WriteString("text", text);
        json.WriteEndObject();
    }
}
