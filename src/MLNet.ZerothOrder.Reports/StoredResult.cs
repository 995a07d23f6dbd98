using System.Text.Json;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Reports;

/// <summary>Result files on disk. Their content is untrusted.</summary>
public static class StoredResult
{
    private const long LargestFile = 1 << 30;

    /// <summary>Creates the report of a result file of an attack on images or a table, a comparison, an audit or a training. Pictures are read from the folder of the file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">The file cannot be read, is not a result, or names a picture outside its folder.</exception>
    public static Report ToReport(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (!stream.CanSeek || stream.Length > LargestFile)
            {
                throw new InputException($"{path} is not a result file: it is {(stream.CanSeek ? "too large" : "a pipe or a device")}; give a result.json.");
            }

            using JsonDocument json = Parse(stream, path);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("tool", out JsonElement tool) || tool.ValueKind != JsonValueKind.String || tool.GetString() != "zo")
            {
                throw new InputException($"{path} is JSON but not a result of zo; give the result.json of an attack or a comparison, or the F.training.json of a training.");
            }

            return json.RootElement.TryGetProperty("points", out _)
                ? TrainingReport.Of(TrainingResult.Parse(json.RootElement))
                : json.RootElement.TryGetProperty("features", out _) ? TableReport.Of(TableResult.Parse(json.RootElement))
                : json.RootElement.TryGetProperty("levels", out _) ? AuditReport.Of(AuditResult.Parse(json.RootElement))
                : ResultReport.Of(AttackResult.Parse(json.RootElement), Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path} does not exist; give a result.json.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InputException($"{path} cannot be read ({e.Message.TrimEnd('.')}); give a result.json.", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            string where = e is JsonException { Path: { Length: > 1 } place } ? $", at {place.ReplaceLineEndings(" ")}" : "";
            throw new InputException($"{path} is not a complete result file of zo: something is missing or wrong in it{where}; create it again.", e);
        }
    }

    private static JsonDocument Parse(Stream stream, string path)
    {
        try
        {
            return JsonDocument.Parse(stream);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path} is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}); give the run's result.json, its folder, or F.training.json.", e);
        }
    }
}
