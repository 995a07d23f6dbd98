namespace MLNet.ZerothOrder;

/// <summary>Optimizers by name. Each name can be registered once. An unknown name fails with the nearest known one.</summary>
public sealed class OptimizerRegistry
{
    private readonly SortedDictionary<string, (Func<OptimizerSettings, IZerothOrderOptimizer> Make, OptimizerSettings Untuned)> _factories = new(StringComparer.Ordinal);

    // Methods have no settings, so they are not tuned.
    private readonly SortedDictionary<string, IZerothOrderOptimizer> _methods = new(StringComparer.Ordinal);

    /// <summary>Creates a registry with the paper's hand-designed optimizers (zo-sgd, zo-signsgd, zo-adam, zo-scd, guided-es), zo-prox and zo-prox-plain, and the published attack methods.</summary>
    public OptimizerRegistry()
    {
        Register("zo-sgd", s => new HandDesignedOptimizer("zo-sgd", new GaussianSampler(), UpdateRules.Sgd, 0, s));
        Register("zo-signsgd", s => new HandDesignedOptimizer("zo-signsgd", new GaussianSampler(), UpdateRules.SignSgd, 0, s));
        Register("zo-adam", s => new HandDesignedOptimizer(
            "zo-adam", new GaussianSampler(), UpdateRules.Adam((float)s.Beta1, (float)s.Beta2, (float)s.Epsilon), 2, s));
        Register("zo-scd", s => new HandDesignedOptimizer("zo-scd", new CoordinateSampler(), UpdateRules.Sgd, 0, s));

        // The rate of zo-prox does not depend on the scale of the loss, so one default suits most targets.
        Register("zo-prox", s => new ProximalOptimizer(s), new OptimizerSettings { StepSize = 300 });
        Register("zo-prox-plain", s => new ProximalOptimizer(s, ProximalOptions.Plain), new OptimizerSettings { StepSize = 300 });
        Register("guided-es", s => new HandDesignedOptimizer("guided-es", new GuidedSampler((float)s.Alpha), UpdateRules.Sgd, 0, s));
        AttackMethod[] methods =
        [
            new BanditsAttack(), new BoundaryAttack(), new HopSkipJumpAttack(), new MemorySquareAttack(), new NesAttack(), new RaysAttack(), new SignHunterAttack(),
            new SimbaAttack("simba", usesCosines: false), new SimbaAttack("simba-dct", usesCosines: true), new SparseRsAttack(), new SquareAttack(), new SurFreeAttack(),
        ];
        foreach (AttackMethod method in methods)
        {
            _methods.Add(method.Name, method);
        }
    }

    /// <summary>The names of the optimizers of any objective, in ordinal order.</summary>
    public IReadOnlyCollection<string> Names => _factories.Keys;

    /// <summary>The names of the published attack methods (<see cref="ICandidateOptimizer"/>), in ordinal order. They have no settings.</summary>
    public IReadOnlyCollection<string> Methods => _methods.Keys;

    /// <summary>Throws if an optimizer cannot minimize a loss, or an image's queries are fewer than the first step of a published method.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="queries">The most queries of an image; null for no limit.</param>
    /// <exception cref="InputException">It cannot; the message names those that can, or the queries of the step.</exception>
    public void ThrowIfUnfit(IZerothOrderOptimizer optimizer, AttackLoss loss, long? queries = null)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(loss);
        if (!optimizer.Fits(loss))
        {
            string[] others = [.. Names.Where(name => Create(name).Fits(loss)), .. Methods.Where(name => _methods[name].Fits(loss))];
            throw new InputException($"{optimizer.Name} is not for {loss.Threat}; {(others.Length > 0 ? $"use {string.Join(", ", others)}" : "no optimizer is, so choose another norm or target")}.") { Argument = "Optimizer" };
        }

        if (optimizer is AttackMethod { FewestPoints: var step } && queries < step)
        {
            throw new InputException($"A budget for {queries} queries has no room for a step of {optimizer.Name}, which asks {step}; give more.") { Argument = nameof(RunLimits.Budget) };
        }
    }

    /// <summary>Registers an optimizer.</summary>
    /// <param name="name">The name.</param>
    /// <param name="factory">Creates the optimizer.</param>
    /// <param name="untuned">The settings for a target without tuned ones; null for the defaults of <see cref="OptimizerSettings"/>.</param>
    /// <exception cref="ArgumentException">The name is already registered.</exception>
    public void Register(string name, Func<OptimizerSettings, IZerothOrderOptimizer> factory, OptimizerSettings? untuned = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(factory);
        if (_methods.ContainsKey(name) || !_factories.TryAdd(name, (factory, untuned ?? new OptimizerSettings())))
        {
            throw new ArgumentException($"An optimizer named '{name}' is already registered; choose another name.", nameof(name));
        }
    }

    /// <summary>Creates an optimizer.</summary>
    /// <exception cref="InputException">The name is unknown; the message suggests the nearest one.</exception>
    public IZerothOrderOptimizer Create(string name, OptimizerSettings? settings = null)
    {
        ThrowIfUnknown(name);
        return _methods.TryGetValue(name, out IZerothOrderOptimizer? method) ? method : _factories[name].Make(settings ?? _factories[name].Untuned);
    }

    /// <summary>The settings of an optimizer for a target without tuned ones.</summary>
    /// <exception cref="InputException">The name is unknown; the message suggests the nearest one.</exception>
    public OptimizerSettings Untuned(string name)
    {
        ThrowIfUnknown(name);
        return _factories.TryGetValue(name, out var factory) ? factory.Untuned : new OptimizerSettings();
    }

    /// <summary>Throws if the name is unknown.</summary>
    /// <param name="name">The name.</param>
    /// <param name="others">Further valid names, for the message.</param>
    /// <exception cref="InputException">The name is unknown; the message suggests the nearest one.</exception>
    public void ThrowIfUnknown(string name, params IReadOnlyCollection<string> others)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_factories.ContainsKey(name) && !_methods.ContainsKey(name))
        {
            string[] known = [.. Names, .. others, .. Methods];
            string names = string.Join(", ", known);
            throw new InputException(NearestName.Of(name, known) is { } nearest
                ? $"There is no optimizer '{name}'; did you mean '{nearest}'? Known: {names}."
                : $"There is no optimizer '{name}'; give one of {names}.");
        }
    }
}
