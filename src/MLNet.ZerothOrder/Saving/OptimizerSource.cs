using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>Where an optimizer comes from: a learned one's file, or a hand-designed one's name and settings.</summary>
internal sealed record OptimizerSource
{
    public required string Name { get; init; }

    /// <summary>A learned optimizer's whole file; null for a hand-designed one.</summary>
    public byte[]? File { get; init; }

    /// <summary>A hand-designed optimizer's settings.</summary>
    public OptimizerSettings? Settings { get; init; }

    /// <summary>q of a learned one; null is its own.</summary>
    public int? Directions { get; init; }

    /// <summary>What was learned; null for a hand-designed one.</summary>
    [JsonIgnore]
    public LearnedModel? Model => File is null ? null : OptimizerFile.Describe(File, Name).Model;

    /// <summary>Finds a bundled or hand-designed optimizer by its name, or a learned one by its path.</summary>
    /// <exception cref="InputException">There is none, or the options do not fit its kind.</exception>
    public static OptimizerSource Of(BlackBoxAttackOptions options)
    {
        string name = options.Optimizer;
        var registry = new OptimizerRegistry();
        bool isPath = name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);
        if (isPath || BundledOptimizers.Names.Contains(name))
        {
            if (options.Settings is not null)
            {
                throw new InputException($"Optimizer '{name}' is learned and takes no Settings; leave them out (Directions sets its q).");
            }

            if (isPath)
            {
                // Says what is wrong with a file that is missing or something else.
                OptimizerFile.Describe(name);
            }

            byte[] file = isPath ? System.IO.File.ReadAllBytes(name) : BundledOptimizers.Read(name);
            return new OptimizerSource { Name = isPath ? Path.GetFileNameWithoutExtension(name) : name, File = file, Directions = options.Directions };
        }

        registry.ThrowIfUnknown(name, BundledOptimizers.Names);
        OptimizerSettings settings = options.Settings ?? registry.Untuned(name);
        return new OptimizerSource { Name = name, Settings = settings with { Directions = options.Directions ?? settings.Directions } };
    }

    public IZerothOrderOptimizer Create() => Model is { } model ? model.CreateOptimizer(Name, Directions) : new OptimizerRegistry().Create(Name, Settings);
}
