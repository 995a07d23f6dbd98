using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>Turns ONNX Runtime's messages, which carry source paths and line breaks, into part of a sentence.</summary>
internal static partial class OnnxErrors
{
    private const int Longest = 240;

    public static string Reason(OnnxRuntimeException e) => OneLine(SourcePlace().Replace(ErrorCode().Replace(e.Message, ""), ""));

    public static string OneLine(string message)
    {
        string line = message.ReplaceLineEndings(" ").Trim().TrimEnd('.');
        return line.Length <= Longest ? line : line[..Longest] + "…";
    }

    [GeneratedRegex(@"^\[ErrorCode:\w+\]\s*")]
    private static partial Regex ErrorCode();

    // Such as "/onnxruntime_src/onnxruntime/core/graph/model.cc:182 onnxruntime::Model::Model(…) ".
    [GeneratedRegex(@"\S*onnxruntime\S*\.(?:cc|h|cpp):\d+\s+\S+\(.*?\)\s+(?:\[\w+\]\s*)?", RegexOptions.Singleline)]
    private static partial Regex SourcePlace();
}
