using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>The source of an optimizer: the file of a learned one, or the name and settings of a hand-designed one.</summary>
internal sealed record OptimizerSource
{
    private const string Usual = "zo-lstm-plus";
    private static readonly ThresholdSearch OfTables = new();

    public required string Name { get; init; }

    /// <summary>The content of a learned optimizer's file; null for a hand-designed one.</summary>
    public byte[]? File { get; init; }

    /// <summary>The settings of a hand-designed optimizer.</summary>
    public OptimizerSettings? Settings { get; init; }

    /// <summary>q of a learned optimizer; null for its own.</summary>
    public int? Directions { get; init; }

    /// <summary>The learned model; null for a hand-designed optimizer.</summary>
    [JsonIgnore]
    public LearnedModel? Model => File is null ? null : OptimizerFile.Describe(File, Name).Model;

    /// <summary>Finds a bundled or hand-designed optimizer by name, or a learned one by path.</summary>
    /// <exception cref="InputException">The optimizer does not exist, or the options do not fit its kind.</exception>
    public static OptimizerSource Of(BlackBoxAttackOptions options)
    {
        string name = options.Optimizer != BlackBoxAttackOptions.Automatic ? options.Optimizer : (options.Constraints is null && options.InputColumnNames is null) ? Usual : OfTables.Name;
        if (name == OfTables.Name)
        {
            return options.Settings is null && options.Directions is null ? new OptimizerSource { Name = name }
                : throw new InputException($"Optimizer '{name}' has no {(options.Settings is null ? nameof(options.Directions) : nameof(options.Settings))}; leave it unset.");
        }

        var registry = new OptimizerRegistry();
        bool isPath = name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);
        if (isPath || BundledOptimizers.Names.Contains(name))
        {
            if (options.Settings is not null)
            {
                throw new InputException($"Optimizer '{name}' is learned and has no Settings; leave Settings unset (Directions sets its q).");
            }

            if (isPath)
            {
                // Throws for a file that is missing or is not an optimizer.
                OptimizerFile.Describe(name);
            }

            byte[] file = isPath ? System.IO.File.ReadAllBytes(name) : BundledOptimizers.Read(name);
            return new OptimizerSource { Name = isPath ? Path.GetFileNameWithoutExtension(name) : name, File = file, Directions = options.Directions };
        }

        registry.ThrowIfUnknown(name, [.. BundledOptimizers.Names, OfTables.Name, BlackBoxAttackOptions.Automatic]);
        OptimizerSettings settings = options.Settings ?? registry.Untuned(name);
        return new OptimizerSource { Name = name, Settings = settings with { Directions = options.Directions ?? settings.Directions } };
    }

    /// <summary>Whether it is for rows of tables alone.</summary>
    [JsonIgnore]
    public bool IsOfTables => Name == OfTables.Name;

    public IZerothOrderOptimizer Create() => IsOfTables ? OfTables : Model is { } model ? model.CreateOptimizer(Name, Directions) : new OptimizerRegistry().Create(Name, Settings);
}
