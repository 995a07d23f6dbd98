using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>Shortens ONNX Runtime's messages, which contain source paths and line breaks, to a part of a sentence.</summary>
internal static partial class OnnxErrors
{
    private const int Longest = 240;

    public static string Reason(OnnxRuntimeException e)
    {
        string message = Prefix().Replace(e.Message, "");
        return OneLine(Node().Replace(Place().Replace(message, ""), "$1 fails with: "));
    }

    /// <summary>The message on one line, without its full stop.</summary>
    public static string OneLine(string message)
    {
        string line = string.Concat(message.Select(c => char.IsControl(c) ? ' ' : c)).Replace(". ", "; ", StringComparison.Ordinal).Trim();
        return (line.Length <= Longest ? line : line[..Longest]).TrimEnd('.', ' ', ';', ':', ',');
    }

    [GeneratedRegex(@"^\[ErrorCode:\w+\]\s*(?:Load model from .*? failed:\s*)?")]
    private static partial Regex Prefix();

    // For example "/onnxruntime_src/onnxruntime/core/graph/model.cc:182 onnxruntime::Model::Model(…) [with T = …] ": a place and often a signature.
    [GeneratedRegex(@"\S+\.(?:cc|h|cpp|cu):\d+ (?:[^()]*::[^()]*\((?>[^()]+|(?<open>\()|(?<-open>\)))*(?(open)(?!))\)[^()\[\] ]* (?:\[[^\]]*\] )?)?")]
    private static partial Regex Place();

    [GeneratedRegex(@"Non-zero status code returned while running (\w+) node\. Name:'.*?' Status Message: ")]
    private static partial Regex Node();
}
