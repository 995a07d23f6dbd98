namespace MLNet.ZerothOrder.Training;

/// <summary>
/// A whole training: one or two stages, from random or given weights to a learned model, with a checkpoint to resume from. The same
/// options give the same model, interrupted or not.
/// </summary>
public sealed class OptimizerTraining
{
    private readonly IQueryOracle _oracle;
    private readonly IReadOnlyList<TrainingProblem> _problems;
    private readonly IReadOnlyList<TrainingProblem> _validation;
    private readonly TrainingStage _stage;
    private readonly int _hidden;
    private readonly int _directions;
    private readonly LearnedModel? _initial;
    private readonly LearnedKind _kind;
    private readonly double? _sgdStepSize;
    private readonly IReadOnlyList<SpatialTarget> _beside;
    private readonly ITrainingBackend? _backend;
    private readonly TrainerOptions _updateOptions;
    private readonly TrainerOptions _queryOptions;
    private readonly List<StageProgress> _validations = [];

    /// <param name="oracle">The oracle to query.</param>
    /// <param name="problems">The problems to train on.</param>
    /// <param name="validation">The problems to select the weights with. They are not trained on.</param>
    /// <param name="stage">The networks to train.</param>
    /// <param name="hidden">H of the networks.</param>
    /// <param name="directions">q.</param>
    /// <param name="updateOptions">The options for UpdateRNN, the network of a proximal step or its spatial part.</param>
    /// <param name="queryOptions">The options for QueryRNN.</param>
    /// <param name="initial">The model to start from; null for random weights.</param>
    /// <param name="backend">Computes the networks' gradients; null for <see cref="ManagedBackend"/>.</param>
    /// <param name="kind">The architecture: the paper's or gated. <see cref="TrainingStage.Proximal"/> has its own.</param>
    /// <param name="beside">Further classifiers that the spatial part is learned on; null for none.</param>
    /// <param name="sgdStepSize">δ of ZO-SGD, which replaces UpdateRNN in the training of QueryRNN; null for UpdateRNN. Requires the gated architecture.</param>
    /// <exception cref="InputException">
    /// The model to start from has another architecture or lacks a network that the stage needs, QueryRNN is to be trained with problems of 1
    /// step, or the paper's QueryRNN is to be trained with ZO-SGD.
    /// </exception>
    public OptimizerTraining(
        IQueryOracle oracle, IReadOnlyList<TrainingProblem> problems, IReadOnlyList<TrainingProblem> validation, TrainingStage stage, int hidden, int directions,
        TrainerOptions updateOptions, TrainerOptions queryOptions, LearnedModel? initial = null, ITrainingBackend? backend = null,
        LearnedKind kind = LearnedKind.Paper, double? sgdStepSize = null, IReadOnlyList<SpatialTarget>? beside = null)
    {
        kind = stage is TrainingStage.Proximal or TrainingStage.Spatial ? LearnedKind.Proximal : kind;
        if (initial is not null && (initial.Kind != kind || initial.Hidden != hidden))
        {
            throw new InputException(
                $"The optimizer to start from is of the {initial.Kind.ToString().ToLowerInvariant()} architecture with {initial.Hidden} hidden units, this training's of the {kind.ToString().ToLowerInvariant()} one with {hidden}; give the same architecture and hidden size.");
        }

        if (stage == TrainingStage.Query && initial is null)
        {
            throw new InputException("QueryRNN is learned behind an UpdateRNN; give the optimizer that has it to start from, or learn both.");
        }

        if (stage == TrainingStage.Spatial && (initial is null || backend is not ISpatialBackend))
        {
            throw new InputException(initial is null
                ? "The spatial part is learned beside the network of a proximal step; give an optimizer that has it to start from."
                : "The spatial part is a convolutional network, whose gradients this backend does not compute; use TorchSharp's.");
        }

        if (stage != TrainingStage.Spatial && beside is { Count: > 0 })
        {
            throw new InputException("Only the spatial part is learned on several classifiers; give one.");
        }

        if (stage == TrainingStage.Guided && initial?.Query is null)
        {
            throw new InputException("The guided stage learns UpdateRNN on the estimates that a QueryRNN guides; give an optimizer that has one to start from.");
        }

        if (sgdStepSize is not null && (kind != LearnedKind.Gated || stage is not (TrainingStage.Query or TrainingStage.Both)))
        {
            throw new InputException("Only QueryRNN of the gated architecture is learned around ZO-SGD; learn it, or leave out ZO-SGD's step size.");
        }

        if (stage is TrainingStage.Query or TrainingStage.Both && queryOptions.Horizon == 1)
        {
            throw new InputException("A horizon of 1 step leaves QueryRNN nothing to learn, since step 1 samples without it; give at least 2, or learn UpdateRNN alone.");
        }

        _oracle = oracle;
        _problems = problems;
        _validation = validation;
        _stage = stage;
        _hidden = hidden;
        _directions = directions;
        _updateOptions = updateOptions;
        _queryOptions = queryOptions;
        _initial = initial;
        _kind = kind;
        _sgdStepSize = sgdStepSize;
        _beside = beside ?? [];
        _backend = backend;
    }

    /// <summary>Queries of training, over all stages.</summary>
    public long Queries { get; private set; }

    /// <summary>Queries of validation, over all stages.</summary>
    public long ValidationQueries { get; private set; }

    /// <summary>The number of supplied gradients.</summary>
    public long SuppliedGradients { get; private set; }

    /// <summary>All validations so far in order, including those before an interruption.</summary>
    public IReadOnlyList<StageProgress> Validations => _validations;

    /// <summary>The best model so far; null before the first validation.</summary>
    public LearnedModel? Best { get; private set; }

    /// <summary>All options that determine the training, by name.</summary>
    public RunIdentity Identity
    {
        get
        {
            var identity = new RunIdentity
            {
                { "stage", _stage },
                { "hidden", _hidden },
                { "directions", _directions },
                { "horizon", _updateOptions.ShortestHorizon is { } shortest ? $"{shortest} to {_updateOptions.Horizon}" : $"{_updateOptions.Horizon}" },
                { "truncation", _updateOptions.Truncation },
                { "meta-gradient", _updateOptions.Gradient.ToString() },
                { "problems", _updateOptions.Problems },
                { "query-problems", _queryOptions.Problems },
                { "side-by-side", _updateOptions.SideBySide },
                { "epoch", $"{_updateOptions.Epoch} and {_queryOptions.Epoch}" },
                { "learning-rate", _updateOptions.LearningRate },
                { "query-learning-rate", _queryOptions.LearningRate },
                { "final-rate", _updateOptions.FinalRate },
                { "epsilon", _updateOptions.Epsilon },
                { "problem-clip", _updateOptions.ProblemClip },
                { "objective", _updateOptions.Objective },
                { "smoothing", _updateOptions.Smoothing },
                { "seed", _updateOptions.Seed },
            };
            if (_kind == LearnedKind.Gated)
            {
                identity.Add("architecture", "gated");
                identity.Add("around-sgd", _sgdStepSize);
            }

            return identity;
        }
    }

    /// <summary>Trains to the end, or until cancelled.</summary>
    /// <param name="progress">Called after every validation with the stage's name and its progress.</param>
    /// <param name="save">Called with a checkpoint after every validation but the first of a stage.</param>
    /// <param name="resume">A checkpoint of the same training to resume from; null for a new training.</param>
    /// <param name="cancellation">Ends the training. Progress since the last validation is lost.</param>
    public LearnedModel Run(
        Action<string, TrainingProgress>? progress = null, Action<StageCheckpoint>? save = null, StageCheckpoint? resume = null, CancellationToken cancellation = default)
    {
        if (resume is not null)
        {
            _validations.Clear();
            _validations.AddRange(resume.Validations);
        }

        if (_stage == TrainingStage.Proximal)
        {
            return Stage("proximal", Learner.Proximal(_initial?.Update ?? DrawProximal(), _directions, _initial?.SeesImages ?? true, _initial?.Spatial), _updateOptions, null);
        }

        if (_stage == TrainingStage.Spatial)
        {
            return Spatial(progress, save, resume, cancellation);
        }

        if (_stage == TrainingStage.Guided)
        {
            return Stage("guided", Learner.Update(_initial!.Update, _directions, _initial.Query), _updateOptions, null);
        }

        bool gated = _kind == LearnedKind.Gated;
        RnnWeights update = _initial?.Update
            ?? (gated ? RnnWeights.Draw(Key(4), GatedStep.NetworkInputs, _hidden, true, GatedStep.NetworkOutputs) : RnnWeights.Draw(Key(1), 1, _hidden));
        if (_stage != TrainingStage.Query)
        {
            if (resume?.Stage == "query")
            {
                update = resume.Update?.Length == update.Values.Length
                    ? update.With(resume.Update) : throw new InputException("The checkpoint of QueryRNN's training lacks the UpdateRNN before it; start again.");
            }
            else
            {
                update = Stage("update", Learner.Update(update, _directions), _updateOptions, null).Update;
            }

            if (_stage == TrainingStage.Update)
            {
                return Best!;
            }
        }

        RnnWeights query = _initial?.Query ?? RnnWeights.Draw(Key(2), 2, _hidden, hasBias: gated);
        return Stage("query", Learner.Query(update, query, _directions, _sgdStepSize), _queryOptions, [.. update.Values]);

        LearnedModel Stage(string name, Learner learner, TrainerOptions options, float[]? frozen)
        {
            var trainer = new Trainer(_oracle, _problems, _validation, learner, options, _backend);
            long queries = Queries;
            long validationQueries = ValidationQueries;
            long suppliedGradients = SuppliedGradients;
            if (resume?.Stage == name)
            {
                trainer.Load(resume.Trainer);
                queries = resume.Queries;
                validationQueries = resume.ValidationQueries;
                suppliedGradients = resume.SuppliedGradients;
                Tell();
            }

            LearnedModel best = trainer.Run(
                state =>
                {
                    Tell();
                    _validations.Add(new StageProgress(name, state));
                    progress?.Invoke(name, state);
                },
                () => save?.Invoke(new StageCheckpoint
                {
                    Stage = name,
                    Update = frozen,
                    Queries = queries,
                    ValidationQueries = validationQueries,
                    SuppliedGradients = suppliedGradients,
                    Validations = [.. _validations],
                    Trainer = trainer.Save(),
                }),
                cancellation);
            Tell();
            return best;

            void Tell()
            {
                Best = learner.Model(trainer.Best) with { ValidationLoss = trainer.BestLoss, Seed = options.Seed, Smoothing = (float)options.Smoothing };
                Queries = queries + trainer.Queries;
                ValidationQueries = validationQueries + trainer.ValidationQueries;
                SuppliedGradients = suppliedGradients + trainer.SuppliedGradients;
            }
        }
    }

    private LearnedModel Spatial(Action<string, TrainingProgress>? progress, Action<StageCheckpoint>? save, StageCheckpoint? resume, CancellationToken cancellation)
    {
        const string name = "spatial";
        var trainer = new SpatialTrainer([new SpatialTarget(_oracle, _problems, _validation), .. _beside], _initial!, _directions, _updateOptions, (ISpatialBackend)_backend!);
        if (resume is not null)
        {
            trainer.Load(resume.Trainer);
            Tell();
        }

        trainer.Run(
            state =>
            {
                Tell();
                _validations.Add(new StageProgress(name, state));
                progress?.Invoke(name, state);
            },
            () => save?.Invoke(new StageCheckpoint { Stage = name, Validations = [.. _validations], Trainer = trainer.Save() }),
            cancellation);
        Tell();
        return Best!;

        void Tell()
        {
            Best = trainer.Best with { ValidationLoss = trainer.BestLoss, Seed = _updateOptions.Seed };
            (Queries, ValidationQueries) = (trainer.Queries, trainer.ValidationQueries);
        }
    }

    private RandomKey Key(ulong network) => RandomKey.FromSeed(_updateOptions.Seed).Derive(0x77656967687473).Derive(network);

    // Its outputs are 0 at first: training starts from the step that is designed by hand.
    private RnnWeights DrawProximal()
    {
        RnnWeights drawn = RnnWeights.Draw(Key(3), LearnedProximalOptimizer.NetworkInputs, _hidden, true, LearnedProximalOptimizer.NetworkOutputs, true);
        float[] values = [.. drawn.Values];
        values.AsSpan(4 * _hidden * (drawn.Inputs + _hidden + 1)).Clear();
        return drawn.With(values);
    }
}
