namespace MLNet.ZerothOrder;

/// <summary>Optimizers by name. A name can be registered once; asking for an unknown one suggests the nearest.</summary>
public sealed class OptimizerRegistry
{
    private readonly SortedDictionary<string, (Func<OptimizerSettings, IZerothOrderOptimizer> Make, OptimizerSettings Untuned)> _factories = new(StringComparer.Ordinal);

    /// <summary>A registry with the paper's hand-designed optimizers, zo-sgd, zo-signsgd, zo-adam, zo-scd and guided-es, and with zo-prox.</summary>
    public OptimizerRegistry()
    {
        Register("zo-sgd", s => new HandDesignedOptimizer("zo-sgd", new GaussianSampler(), UpdateRules.Sgd, 0, s));
        Register("zo-signsgd", s => new HandDesignedOptimizer("zo-signsgd", new GaussianSampler(), UpdateRules.SignSgd, 0, s));
        Register("zo-adam", s => new HandDesignedOptimizer(
            "zo-adam", new GaussianSampler(), UpdateRules.Adam((float)s.Beta1, (float)s.Beta2, (float)s.Epsilon), 2, s));
        Register("zo-scd", s => new HandDesignedOptimizer("zo-scd", new CoordinateSampler(), UpdateRules.Sgd, 0, s));

        // Its rate has no scale, so that what is right on one target is near right on others.
        Register("zo-prox", s => new ProximalOptimizer(s), new OptimizerSettings { StepSize = 300 });
        Register("guided-es", s => new HandDesignedOptimizer("guided-es", new GuidedSampler((float)s.Alpha), UpdateRules.Sgd, 0, s));
    }

    /// <summary>All names, in ordinal order.</summary>
    public IReadOnlyCollection<string> Names => _factories.Keys;

    /// <summary>Adds an optimizer.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="factory">Makes it.</param>
    /// <param name="untuned">Its settings where nobody has tuned it; null for the defaults of <see cref="OptimizerSettings"/>.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void Register(string name, Func<OptimizerSettings, IZerothOrderOptimizer> factory, OptimizerSettings? untuned = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(factory);
        if (!_factories.TryAdd(name, (factory, untuned ?? new OptimizerSettings())))
        {
            throw new ArgumentException($"An optimizer named '{name}' is registered already; choose another name.", nameof(name));
        }
    }

    /// <summary>Makes an optimizer.</summary>
    /// <exception cref="InputException">No optimizer has this name; the message suggests the nearest.</exception>
    public IZerothOrderOptimizer Create(string name, OptimizerSettings? settings = null)
    {
        ThrowIfUnknown(name);
        return _factories[name].Make(settings ?? _factories[name].Untuned);
    }

    /// <summary>An optimizer's settings where nobody has tuned it.</summary>
    /// <exception cref="InputException">No optimizer has this name; the message suggests the nearest.</exception>
    public OptimizerSettings Untuned(string name)
    {
        ThrowIfUnknown(name);
        return _factories[name].Untuned;
    }

    /// <summary>Fails where no optimizer has this name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="others">Names that would have been right besides the registered ones, for the message.</param>
    /// <exception cref="InputException">No optimizer has this name; the message suggests the nearest.</exception>
    public void ThrowIfUnknown(string name, params IReadOnlyCollection<string> others)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_factories.ContainsKey(name))
        {
            string[] known = [.. Names, .. others];
            string names = string.Join(", ", known);
            throw new InputException(NearestName.Of(name, known) is { } nearest
                ? $"There is no optimizer '{name}'; did you mean '{nearest}'? Known: {names}."
                : $"There is no optimizer '{name}'; give one of {names}.");
        }
    }
}
