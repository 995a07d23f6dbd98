namespace MLNet.ZerothOrder;

/// <summary>
/// An optimizer by its name: a hand-designed one (<c>zo-adam</c>), a bundled learned one (<c>zo-lstm-plus</c>) or the file of a learned one
/// (<c>F.onnx</c>), each optionally with a suffix (<see cref="OptimizerName"/>).
/// </summary>
public sealed class NamedOptimizer : IDisposable
{
    /// <summary>The default optimizer of an attack.</summary>
    public const string Default = "zo-lstm-plus";

    /// <summary>The name that stands for the default optimizer of a loss (<see cref="Best"/>).</summary>
    public const string Auto = "auto";

    /// <summary>The default q, the paper's. Learned optimizers use the q of their training.</summary>
    public const int DefaultDirections = 20;

    // The optimizer whose tuned step size is used instead of UpdateRNN.
    private const string Sgd = "zo-sgd";

    private readonly IDisposable? _resource;

    /// <summary>An optimizer of the caller's, under its own name. A result states only its name and directions, and only these are compared when a run is resumed.</summary>
    /// <param name="optimizer">The optimizer.</param>
    public NamedOptimizer(IZerothOrderOptimizer optimizer)
        : this(
            new OptimizerName((optimizer ?? throw new ArgumentNullException(nameof(optimizer))).Name, optimizer.Name, null, null),
            optimizer, new RunSettings { Directions = optimizer.Directions })
    {
    }

    private NamedOptimizer(OptimizerName name, IZerothOrderOptimizer optimizer, RunSettings settings, IDisposable? resource = null)
    {
        Name = name;
        Optimizer = optimizer;
        Settings = settings;
        _resource = resource;
    }

    /// <summary>The parts of the name.</summary>
    public OptimizerName Name { get; }

    /// <summary>The optimizer.</summary>
    public IZerothOrderOptimizer Optimizer { get; }

    /// <summary>The settings that determine this optimizer's run. Those of the attack are at their defaults.</summary>
    public RunSettings Settings { get; }

    /// <summary>Whether no part of it is learned.</summary>
    public bool IsHandDesigned => Name.File is null;

    /// <summary>The name of the default optimizer of a loss: where optimizers were compared (ℓ∞ and ℓ2 with scores), the one that measured best (<c>docs/attacks.md</c>), else one that fits.</summary>
    public static string Best(AttackLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return loss.IsMinimalDistortion ? Default
            : loss.LabelsOnly ? loss.Norm == DistortionNorm.L2 ? "surfree" : !loss.IsTargeted ? "rays" : "hopskipjump"
            : loss.Pixels is not null ? "sparse-rs"
            : loss.Norm switch { DistortionNorm.LInfinity => "signhunter", DistortionNorm.L2 => "memory-square", _ => Default };
    }

    /// <summary>Creates the optimizer with a name.</summary>
    /// <exception cref="InputException">The optimizer does not exist, or its file cannot be used.</exception>
    public static NamedOptimizer Create(string name, NamedOptimizerOptions? options = null)
    {
        options ??= new NamedOptimizerOptions();
        var parts = OptimizerName.Parse(name);
        if (parts.File is not { } file)
        {
            return CreateHandDesigned(parts, options);
        }

        OptimizerFileInfo info = parts.IsBundled ? OptimizerFile.Describe(BundledOptimizers.Read(parts.Base), parts.Base) : OptimizerFile.Describe(file);
        LearnedModel model = options.MeasureSmoothing ? info.Model with { Smoothing = null } : info.Model;
        return model.Kind == LearnedKind.Proximal ? CreateProximal(parts, info, model, options) : CreateLearned(parts, info, model, options);
    }

    /// <summary>The same optimizer, started from a prior, as <c>NAME+prior</c>. This one is still the caller's to dispose.</summary>
    public NamedOptimizer With(IDirectionPrior prior) =>
        new(Name with { Typed = $"{Name.Typed}+prior", Base = $"{Name.Base}+prior" }, new PriorOptimizer(Optimizer, prior), Settings);

    /// <summary>Releases the resources that compute the optimizer's steps.</summary>
    public void Dispose() => _resource?.Dispose();

    private static NamedOptimizer CreateHandDesigned(OptimizerName name, NamedOptimizerOptions options)
    {
        var registry = new OptimizerRegistry();
        if (registry.Methods.Contains(name.Base))
        {
            IZerothOrderOptimizer method = registry.Create(name.Base);
            return name.Suffix is null ? new NamedOptimizer(name, method, new RunSettings { Kind = "method", Directions = method.Directions })
                : throw new InputException($"Method '{name.Base}' has no differences, so ':{name.Suffix}' changes nothing; give it without.");
        }

        // Settings tuned for the one-sided form are better for the antithetic form than the defaults.
        OptimizerSettings settings = options.Settings?.For(name.Typed) ?? options.Settings?.For(name.Base)
            ?? registry.Untuned(name.Base) with { Smoothing = options.Settings?.Smoothing };
        settings = settings with
        {
            Directions = options.Directions ?? DefaultDirections,
            Estimate = name.Suffix is null ? settings.Estimate : EstimateKind.Antithetic,
            Smoothing = options.MeasureSmoothing ? null : settings.Smoothing,
        };
        bool isAdam = name.Base == "zo-adam";
        return new NamedOptimizer(name, registry.Create(name.Base, settings), new RunSettings
        {
            Kind = "hand-designed",
            Directions = settings.Directions,
            Estimate = settings.Estimate == EstimateKind.Antithetic ? "antithetic" : "forward",
            StepSize = settings.StepSize,
            Beta1 = isAdam ? settings.Beta1 : null,
            Beta2 = isAdam ? settings.Beta2 : null,
            Epsilon = isAdam ? settings.Epsilon : null,
            Alpha = name.Base == "guided-es" ? settings.Alpha : null,
        });
    }

    private static NamedOptimizer CreateProximal(OptimizerName name, OptimizerFileInfo file, LearnedModel model, NamedOptimizerOptions options)
    {
        if (name.Suffix is { } suffix)
        {
            throw new InputException($"Optimizer '{file.Path}' has one network, which steers a proximal step, so ':{suffix}' has no part to replace; give it without.");
        }

        OnnxRnn? network = options.Step == StepKind.Onnx ? new OnnxRnn(model) : null;
        var optimizer = new LearnedProximalOptimizer(name.Short, model, network, options.Directions);
        return new NamedOptimizer(name, optimizer, Describe(file, optimizer, options.Step) with { Update = "proximal", Sampling = "magnitude" }, network);
    }

    private static NamedOptimizer CreateLearned(OptimizerName name, OptimizerFileInfo file, LearnedModel model, NamedOptimizerOptions options)
    {
        if (model.Query is null && name.Suffix == OptimizerName.NoQuery)
        {
            throw new InputException($"Optimizer '{file.Path}' was learned without QueryRNN, so ':{OptimizerName.NoQuery}' changes nothing; give it without.");
        }

        var learned = new LearnedOptions
        {
            Directions = options.Directions,
            Sampling = name.Suffix switch
            {
                OptimizerName.NoQuery => LearnedSampling.Gaussian,
                OptimizerName.GuidedEs => LearnedSampling.Guided,
                _ => LearnedSampling.Learned,
            },
            SgdStepSize = name.Suffix == OptimizerName.NoUpdate ? (options.Settings?.For(Sgd) ?? new OptimizerSettings()).StepSize : null,
            Mix = options.Mix,
            Scale = options.Scale,
        };
        ILearnedStep step = options.Step == StepKind.Onnx ? new OnnxStep(model) : new ManagedStep(model);
        var resource = step as IDisposable;
        try
        {
            var optimizer = new LearnedOptimizer(name.Short, model, step, learned);
            bool drawsItsOwn = learned.Sampling == LearnedSampling.Learned && model.Query is not null;
            return new NamedOptimizer(name, optimizer, Describe(file, optimizer, options.Step) with
            {
                Update = learned.SgdStepSize is null ? "UpdateRNN" : Sgd,
                StepSize = learned.SgdStepSize,
                Scale = learned.SgdStepSize is null ? learned.Scale : null,
                Sampling = drawsItsOwn ? "QueryRNN" : learned.Sampling == LearnedSampling.Guided ? "guided" : "gaussian",
                Mix = drawsItsOwn ? optimizer.Mix : null,
                Alpha = learned.Sampling == LearnedSampling.Guided ? learned.GuidedAlpha : null,
            }, resource);
        }
        catch
        {
            resource?.Dispose();
            throw;
        }
    }

    private static RunSettings Describe(OptimizerFileInfo file, IZerothOrderOptimizer optimizer, StepKind step) => new()
    {
        Kind = "learned",
        File = file.Path,
        Sha256 = file.Sha256,
        Directions = optimizer.Directions,
        Estimate = "forward",
        Step = step == StepKind.Managed ? "managed" : "onnx",
    };
}
