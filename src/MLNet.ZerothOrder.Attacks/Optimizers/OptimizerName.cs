namespace MLNet.ZerothOrder;

/// <summary>The parts of an optimizer's name: <c>NAME</c>, <c>NAME:suffix</c>, <c>F.onnx</c> or <c>F.onnx:suffix</c>.</summary>
/// <param name="Typed">The whole name.</param>
/// <param name="Base">A registered or bundled name; for a file, its name without folder and extension.</param>
/// <param name="File">The file of a learned optimizer, or its name if it is bundled; null for a hand-designed one.</param>
/// <param name="Suffix">The suffix without its colon; null for none.</param>
public sealed record OptimizerName(string Typed, string Base, string? File, string? Suffix)
{
    /// <summary>Two-sided differences, for a hand-designed optimizer.</summary>
    public const string Antithetic = "antithetic";

    /// <summary>Directions from N(0, I) instead of QueryRNN.</summary>
    public const string NoQuery = "no-query";

    /// <summary>ZO-SGD instead of UpdateRNN.</summary>
    public const string NoUpdate = "no-update";

    /// <summary>Guided directions instead of QueryRNN.</summary>
    public const string GuidedEs = "guided-es";

    private static readonly string[] OfLearned = [NoQuery, NoUpdate, GuidedEs];

    /// <summary>Whether the optimizer is embedded in this library.</summary>
    public bool IsBundled => File == Base && BundledOptimizers.Names.Contains(Base);

    /// <summary>A short name. Two files in different folders may share it.</summary>
    public string Short => Suffix is null ? Base : $"{Base}:{Suffix}";

    /// <summary>Splits a name into its parts.</summary>
    /// <exception cref="InputException">No optimizer has this name, or the suffix does not apply to it.</exception>
    public static OptimizerName Parse(string typed)
    {
        ArgumentNullException.ThrowIfNull(typed);
        var registry = new OptimizerRegistry();
        (string name, string? suffix) = SplitSuffix(typed);
        if (SplitSuffix(name).Suffix is { } first && (first == Antithetic || OfLearned.Contains(first)))
        {
            throw new InputException($"Optimizer '{typed}' has two suffixes; give one.");
        }

        string? file = registry.Names.Contains(name) || registry.Methods.Contains(name) ? null : BundledOptimizers.Names.Contains(name) || IsPath(name) ? name : null;
        if (file is null)
        {
            registry.ThrowIfUnknown(name, BundledOptimizers.Names);
        }
        else if (!BundledOptimizers.Names.Contains(file) && !Path.Exists(file))
        {
            throw new InputException(NearestName.Of(Path.GetFileNameWithoutExtension(file), [.. registry.Names, .. registry.Methods, .. BundledOptimizers.Names]) is { } nearest
                ? $"Optimizer file '{file}' does not exist; check the path, or give '{nearest}'."
                : $"Optimizer file '{file}' does not exist; check the path.");
        }

        string[] suffixes = file is null ? [Antithetic] : OfLearned;
        return suffix is null || suffixes.Contains(suffix)
            ? new OptimizerName(typed, file is null ? name : Stem(file), file, suffix)
            : throw new InputException(WrongSuffix(name, suffix, file is null));
    }

    // A colon may be part of a file name, but not in front of a word of letters.
    private static (string Name, string? Suffix) SplitSuffix(string typed)
    {
        int colon = typed.LastIndexOf(':');
        return colon > 0 && typed[(colon + 1)..].All(c => char.IsLetter(c) || c == '-') ? (typed[..colon], typed[(colon + 1)..]) : (typed, null);
    }

    private static string Stem(string file) => Path.GetFileNameWithoutExtension(file) is var stem && !string.IsNullOrWhiteSpace(stem) ? stem : file;

    private static bool IsPath(string name) =>
        name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || name.Contains(Path.DirectorySeparatorChar) || name.Contains(Path.AltDirectorySeparatorChar);

    private static string WrongSuffix(string name, string suffix, bool isHandDesigned)
    {
        if (suffix == Antithetic)
        {
            return $"Optimizer '{name}' was learned with one-sided differences, so ':{Antithetic}' is not for it; give it without, or as ':{NoQuery}', ':{NoUpdate}' or ':{GuidedEs}'.";
        }

        if (isHandDesigned)
        {
            return OfLearned.Contains(suffix)
                ? $"Optimizer '{name}' has nothing learned that ':{suffix}' could replace; give it alone, or as '{name}:{Antithetic}'."
                : $"Optimizer '{name}' knows no ':{suffix}'; give it alone, or as '{name}:{Antithetic}'.";
        }

        return NearestName.Of(suffix, OfLearned) is { } nearest
            ? $"Optimizer '{name}' knows no ':{suffix}'; did you mean ':{nearest}'?"
            : $"Optimizer '{name}' knows no ':{suffix}'; give it alone, or as ':{NoQuery}', ':{NoUpdate}' or ':{GuidedEs}'.";
    }
}
