namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>One of the paper's experiments.</summary>
/// <param name="name">Its name on the command line.</param>
/// <param name="figure">The figure or table of the paper.</param>
/// <param name="summary">What it shows, in one line.</param>
internal abstract class Experiment(string name, string figure, string summary)
{
    public string Name { get; } = name;

    public string Figure { get; } = figure;

    public string Summary { get; } = summary;

    /// <summary>Images without <c>--images</c>, by task; none where the experiment has no such option.</summary>
    public virtual IReadOnlyList<Amount> Images => [];

    /// <summary>Trials without <c>--trials</c>, by task; none where the experiment has no such option.</summary>
    public virtual IReadOnlyList<Amount> Trials => [];

    /// <summary>Whether it draws the optimizers of <c>--with</c> beside the paper's.</summary>
    public virtual bool TakesOptimizers => false;

    /// <summary>Whether it reads a data set.</summary>
    public virtual bool ReadsData => true;

    /// <summary>All of them, in the paper's order.</summary>
    public static IReadOnlyList<Experiment> All { get; } =
    [
        new AttackExperiment("mnist-attack", "Figures 2a–c and 5", "attack losses on MNIST, image by image and averaged", isCifar: false),
        new AttackExperiment("cifar10-attack", "Figures 2d–f and 6", "attack losses on CIFAR-10, also of the optimizer fine-tuned from MNIST", isCifar: true),
        new BinaryExperiment(),
        new AblationExperiment(),
        new CosineExperiment(),
        new TrajectoryExperiment(),
        new DimensionExperiment(),
        new DeviationMapExperiment(),
        new PanelsExperiment(),
    ];

    /// <summary>Runs it.</summary>
    public abstract Outcome Run(Lab lab);
}
