using Microsoft.ML;

namespace MLNet.ZerothOrder;

/// <summary>Exceptions for schemas that do not match, in ML.NET's wording.</summary>
internal static class Mismatch
{
    public static ArgumentOutOfRangeException Of(string role, string name, string expected, string actual) =>
        new("inputSchema", $"Schema mismatch for {role} column '{name}': expected {expected}, got {actual}");

    /// <summary>A required column.</summary>
    public static DataViewSchema.Column Column(DataViewSchema schema, string role, string name) => schema.GetColumnOrNull(name)
        ?? throw new ArgumentOutOfRangeException(
            "inputSchema", $"Could not find {role} column '{name}'; the columns are {string.Join(", ", schema.Where(c => !c.IsHidden).Select(c => c.Name))}");
}
