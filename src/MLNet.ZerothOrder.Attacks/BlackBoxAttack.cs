using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Attacks images on a classifier that can only be queried. Only correctly classified images are attacked. All optimizers
/// start from the same points. Results are checked again on the images themselves, as floats and rounded to 8 bits.
/// </summary>
public sealed class BlackBoxAttack
{
    // The limit for the directions of one worker, 1 GiB.
    private const long MostDirectionFloats = 1L << 28;

    private const ulong TargetPurpose = 0x546172676574;

    private readonly IQueryOracle _oracle;
    private readonly IReadOnlyList<IZerothOrderOptimizer> _optimizers;
    private readonly AttackOptions _options;

    /// <summary>Creates an attack with one optimizer.</summary>
    public BlackBoxAttack(IQueryOracle oracle, IZerothOrderOptimizer optimizer, AttackOptions? options = null)
        : this(oracle, [optimizer], options)
    {
    }

    /// <summary>Creates a comparison of several optimizers on the same images from the same starts.</summary>
    public BlackBoxAttack(IQueryOracle oracle, IReadOnlyList<IZerothOrderOptimizer> optimizers, AttackOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ArgumentNullException.ThrowIfNull(optimizers);
        if (optimizers.Count == 0)
        {
            throw new ArgumentException("At least one optimizer is needed.", nameof(optimizers));
        }

        _oracle = oracle;
        _options = options ?? new AttackOptions();
        _optimizers = _options.Prior is { } prior ? [.. optimizers.Select(optimizer => new PriorOptimizer(optimizer, prior))] : optimizers;
    }

    /// <summary>Attacks the images in order.</summary>
    /// <param name="images">Labelled images in [0, 1] of the oracle's input length.</param>
    /// <param name="progress">Called after every step of every image, on the engine's threads, one call at a time.</param>
    /// <param name="cancellation">Ends the attack early. The results so far are returned as a partial result.</param>
    /// <param name="checkpoint">
    /// Saves the checkpoint of the attack, and restores the state of an earlier process: the result equals that of an attack without interruption.
    /// A <see cref="CheckpointKeeper.Failure"/> ends the attack early. The results so far are returned as a partial result.
    /// </param>
    /// <param name="lastChecks">
    /// Cancels the checks after an attack that was ended early. Successes are then unchecked.
    /// </param>
    /// <exception cref="InputException">The images do not fit the classifier, it classifies none of them correctly, or the checkpoint belongs to another run.</exception>
    /// <exception cref="OracleException">The oracle failed before the first image's run; a later failure is in the result.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the first image's run.</exception>
    public AttackResult Run(
        ImageSet images, Action<AttackProgress>? progress = null, CancellationToken cancellation = default, CheckpointKeeper? checkpoint = null,
        CancellationToken lastChecks = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        long start = Stopwatch.GetTimestamp();
        TimeSpan Elapsed() => (checkpoint?.EarlierTime ?? TimeSpan.Zero) + Stopwatch.GetElapsedTime(start);
        Validate(images);
        CancellationToken caller = cancellation;
        CancellationToken unkept = checkpoint?.Failed ?? CancellationToken.None;
        CancellationToken unpaid = (_oracle as IAsyncQueryOracle)?.Cost?.Reached ?? CancellationToken.None;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(caller, unkept, unpaid);
        cancellation = ends.Token;
        var engine = new BatchedEngine(_oracle, _options.InFlight, _options.BatchRows, failedCalls: _options.FailedCalls);
        IQueryOracle checks = _options.BatchRows is { } rows ? new NarrowOracle(_oracle, rows) : _oracle;
        IQueryOracle asked = checkpoint?.Log(checks, () => engine.OracleTime) ?? checks;
        var overhead = new QueryLedger(answers: _oracle.AnswersPerRow);
        CorrectImages correct = Choose(asked, images, overhead, cancellation);
        bool labelsPredicted = images.IsUnlabelled;
        images = correct.All;
        IReadOnlyList<int> chosen = _options.Shard is { } shard ? [.. correct.Indices.Where(shard.Holds)] : correct.Indices;
        IReadOnlyList<SkippedImage> skipped = _options.Shard is { } own ? [.. correct.Skipped.Where(image => own.Holds(image.Index))] : correct.Skipped;
        long ownClean = correct.Queried.Count(i => _options.Shard?.Holds(i) != false) * (long)_oracle.AnswersPerRow;
        long cleanQueries = overhead.Charged;
        ScoreKind kind = _oracle.KindOf([], _options.Scores ?? correct.Scores);
        AttackLoss loss = _options.Loss with { Scores = kind };
        (ReadOnlyMemory<float> Image, int Label)[] starts = Starts(asked, images, correct, overhead, cancellation);
        var runs = new List<AttackRun>();
        OracleException? failure = null;

        // Chosen for all optimizers before the first run, so that a failure here loses no results.
        var scale = RunScale.Choose(asked, _optimizers, ScaleObjectives(), _options, cancellation);
        overhead.TryCharge(scale.Queries);
        long beforeRuns = overhead.Charged;
        _options.Starting?.Invoke();
        foreach (string note in scale.Notes)
        {
            _options.Note?.Invoke(note);
        }

        if (loss.DistortionWeight != scale.Weight)
        {
            loss = loss with { DistortionWeight = scale.Weight };
        }

        for (int r = 0; r < _optimizers.Count && failure is null && !cancellation.IsCancellationRequested; r++)
        {
            IZerothOrderOptimizer optimizer = _optimizers[r];
            (float smoothing, string reason) = scale.Smoothings[r];
            var problems = new List<Problem>();
            foreach (int i in chosen)
            {
                for (int t = 0; t < _options.Trials; t++)
                {
                    int trial = _options.FirstTrial + t;
                    problems.Add(new Problem(
                        $"image {images.ImageName(i)}", images.Shape.Length, () => Open(i, trial), optimizer, smoothing, _options.Limits, _oracle.AnswersPerRow));
                }
            }

            int run = r;
            using IStepOracle? steps = loss.IsMinimalDistortion && _options.Limits.FlaggedCost is null && optimizer is IEstimateOptimizer { Shape: { } shape } ? _options.Steps?.Invoke(loss, shape) : null;
            checkpoint?.Track(problems);
            try
            {
                engine.Run(
                    problems, _options.Limits.Time - Elapsed(),
                    progress is null ? null : state => progress(new AttackProgress(optimizer.Name, run, _optimizers.Count, state)), cancellation, checkpoint, steps);
            }
            catch (OracleException e)
            {
                failure = e;
            }
            catch (OperationCanceledException) when (caller.IsCancellationRequested || unkept.IsCancellationRequested || unpaid.IsCancellationRequested)
            {
                // An oracle that waits for the caller's token can wake up before the linked token hears of it.
                ends.Cancel();
            }

            bool whole = failure is null && !cancellation.IsCancellationRequested;
            if (!whole)
            {
                // The checkpoint is completed first, so that the run can be resumed even if the rest is cut short.
                checkpoint?.End();
            }

            // After an early end, the results are checked for this partial result only, without logging: a resumed run checks other images.
            List<ImageResult> results = Check(whole ? asked : checks, images, correct, chosen, problems, loss, overhead, ref failure, whole ? default : lastChecks);
            runs.Add(new AttackRun
            {
                Optimizer = optimizer.Name,
                Settings = RunSettings.Of(optimizer, _options with { Loss = loss }, smoothing, reason, _oracle.AnswersPerRow) with { DistortionWeightFrom = scale.WeightFrom },
                Images = results,
                Summary = AttackStatistics.From(results),
            });
            if (results.Count > 0 && results.TrueForAll(r => r.Failure is not null))
            {
                failure ??= results[0].Failure;
            }
        }

        double seconds = Elapsed().TotalSeconds;
        return new AttackResult
        {
            Partial = failure is not null || cancellation.IsCancellationRequested,
            Failure = failure,
            Warnings = [.. runs.SelectMany(run => RunWarnings.Of(run, kind)), .. (_oracle as IClassifier)?.Info.Warnings ?? [], .. images.Warnings],
            Seed = _options.Seed,
            Model = AttackedModel.Of(_oracle, kind),
            Dataset = images.Name,
            LabelsPredicted = labelsPredicted,
            Fit = images.Fit,
            OverheadQueries = overhead.Charged,
            Skipped = skipped,
            Runs = runs,
            Sharing = new ShardSharing([.. correct.Indices.Take(RunScale.Images)], [.. correct.Indices.Take(RunScale.Images).Select(images.Label)], beforeRuns - cleanQueries, ownClean + overhead.Charged - beforeRuns, _oracle.AnswersPerRow),
            Timing = new AttackTiming(
                seconds, (engine.OracleTime + (checkpoint?.EarlierOracleTime ?? TimeSpan.Zero)).TotalSeconds, runs.Sum(r => r.Images.Sum(i => i.Queries)) / seconds),
            Scores = kind,
        };

        AttackObjective Objective(int i, ReadOnlyMemory<float> image) => ObjectiveOf(image, images.Label(i), Target(correct, i, image.Span));

        AttackObjective ObjectiveOf(ReadOnlyMemory<float> image, int label, int? target) => new(
            image, label, _oracle.ScoreLength, InFiles(loss, image.Span) with { Target = target ?? loss.Target, TargetChoice = null })
        {
            Shape = images.Shape,
            Start = starts.Length == 0 ? default
                : starts.Where(start => target is null || start.Label == target).MinBy(start => Measure(start.Image.Span, image.Span).Of(loss.Norm)).Image,
        };

        AttackObjective[] ScaleObjectives() => _options.ScaleOn is not { } on ? [.. correct.Indices.Take(RunScale.Images).Select(i => Objective(i, images.Image(i)))]
            : chosen.Count == 0 ? [] : [.. Enumerable.Range(0, on.Count).Select(i => ObjectiveOf(on.Image(i), on.Label(i), target: null))];

        (IObjective, RandomKey) Open(int i, int trial)
        {
            try
            {
                ReadOnlyMemory<float> image = images.Image(i);
                return (Objective(i, image), ProblemKey(image.Span, images.Label(i), trial));
            }
            catch (InputException e)
            {
                // The file has changed since the image was classified. The results so far are kept.
                throw new OracleException($"Image {images.ImageName(i)} can no longer be read: {e.Message}", e);
            }
        }
    }

    // An attack by labels that is targeted starts from an image of the target class. Those that were met on the way are known; more are asked only if there are none.
    private (ReadOnlyMemory<float> Image, int Label)[] Starts(IQueryOracle asked, ImageSet images, CorrectImages correct, QueryLedger overhead, CancellationToken cancellation)
    {
        if (_options.Loss is not { LabelsOnly: true, IsTargeted: true } || correct.Indices.Count == 0)
        {
            return [];
        }

        int[] targets = _options.Loss.Target is { } given ? [given] : [.. correct.Indices.Select(i => Target(correct, i, images.Image(i).Span)!.Value).Distinct().Order()];
        return [.. targets.SelectMany(target => Starts(asked, images, correct, target, overhead, cancellation).Select(start => (start, target)))];
    }

    private ReadOnlyMemory<float>[] Starts(IQueryOracle asked, ImageSet images, CorrectImages correct, int target, QueryLedger overhead, CancellationToken cancellation)
    {
        int[] met =
        [
            .. correct.Skipped.Where(image => image.Label == target && image.Predicted == target).Select(image => image.Index).Concat(correct.Indices.Where(i => images.Label(i) == target)),
        ];
        if (met.Length == 0 && Enumerable.Range(0, images.Count).Where(i => images.Label(i) == target).ToArray() is { Length: > 0 } others)
        {
            var found = CorrectImages.Find(asked, images.Select(others), count: 1, target: null, _options.FailedCalls, cancellation);
            overhead.TryCharge(found.Queries);
            met = [.. found.Indices.Select(i => others[i])];
        }

        return met.Length > 0 ? [.. met.Select(images.Image)]
            : throw new InputException($"A targeted attack by labels starts from an image of the target class, and the model gives none of these images class {target} rightly; add one.") { Argument = nameof(AttackLoss.Target) };
    }

    // An ℓ∞ ball has the same files as the one whose radius is a whole number of levels, in which rounding stays.
    private AttackLoss InFiles(AttackLoss loss, ReadOnlySpan<float> image) =>
        _options.Levels is { } levels && loss is { Norm: DistortionNorm.LInfinity, Epsilon: { } epsilon } && SuccessCheck.IsFile(image)
        ? loss with { Epsilon = SuccessCheck.WholeLevels(epsilon, levels) / (levels - 1) } : loss;

    /// <summary>
    /// The key of an image's random streams: the seed, a hash of its pixels, its label and the trial, never its position.
    /// </summary>
    public RandomKey ProblemKey(ReadOnlySpan<float> image, int label, int trial)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(image), hash);
        return RandomKey.FromSeed(_options.Seed)
            .Derive(System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(hash)).Derive((ulong)label).Derive((ulong)trial);
    }

    /// <summary>The loss of an image that was looked for, with the class that <see cref="AttackLoss.TargetChoice"/> chooses for it.</summary>
    /// <param name="correct">The images that the classifier was asked about.</param>
    /// <param name="index">The index of one of them.</param>
    /// <param name="scores">The kind of the classifier's scores.</param>
    public AttackObjective ObjectiveOf(CorrectImages correct, int index, ScoreKind scores)
    {
        ArgumentNullException.ThrowIfNull(correct);
        ReadOnlyMemory<float> image = correct.All.Image(index);
        AttackLoss loss = _options.Loss with { Scores = scores, Target = Target(correct, index, image.Span) ?? _options.Loss.Target, TargetChoice = null };
        return new AttackObjective(image, correct.All.Label(index), _oracle.ScoreLength, loss) { Shape = correct.All.Shape };
    }

    // The class that is chosen for an image; null if none is.
    private int? Target(CorrectImages correct, int i, ReadOnlySpan<float> image)
    {
        if (_options.Loss.TargetChoice is not { } choice)
        {
            return null;
        }

        int label = correct.All.Label(i);
        if (choice == TargetChoice.LeastLikely)
        {
            return correct.LeastLikely[i];
        }

        int drawn = (int)(CounterRandom.Uniform(ProblemKey(image, label, trial: 0).Derive(TargetPurpose)) * (_oracle.ScoreLength - 1));
        return drawn < label ? drawn : drawn + 1;
    }

    private void Validate(ImageSet images)
    {
        if (images.Shape.Length != _oracle.InputLength)
        {
            throw new InputException(
                $"The images are {images.Shape} = {images.Shape.Length} pixels, the model takes {_oracle.InputLength}; use images of the model's size.");
        }

        if (_oracle.ScoreLength < 2)
        {
            throw new InputException($"The model has {_oracle.ScoreLength} class, so an image cannot be taken for another; use a classifier of at least 2 classes.");
        }

        if (images.Outlier() is { } outlier)
        {
            throw new InputException($"Pixel {outlier.Pixel} of image {images.ImageName(outlier.Image)} is outside 0..1; scale the images to that range.");
        }

        for (int i = 0; i < images.Count; i++)
        {
            if (images.Label(i) < ImageSet.Unlabelled || images.Label(i) >= _oracle.ScoreLength)
            {
                throw new InputException(
                    $"Label {images.Label(i)} of image {images.ImageName(i)} is outside 0..{_oracle.ScoreLength - 1} for a model with {_oracle.ScoreLength} classes.");
            }
        }

        AttackLoss loss = _options.Loss;
        ThrowIfUnbounded(loss, images.Shape);
        if (_options.Limits is { FlaggedCost: { } cost, Budget: { } budget } && budget < cost * _oracle.AnswersPerRow)
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture, $"A budget of {budget} has no room for one flagged query, which costs {cost * _oracle.AnswersPerRow:G6}; give more, or a lower cost.")) { Argument = nameof(RunLimits.FlaggedCost) };
        }

        ThrowIfNoRounds(loss);
        foreach (IZerothOrderOptimizer optimizer in _optimizers)
        {
            IZerothOrderOptimizer inner = optimizer;
            if (optimizer is PriorOptimizer guided)
            {
                ThrowIfUnfit(guided.Prior, loss);
                inner = guided.Inner;
            }

            new OptimizerRegistry().ThrowIfUnfit(inner, loss, _options.Limits.Budget / _oracle.AnswersPerRow);
            if ((long)optimizer.Directions * images.Shape.Length > MostDirectionFloats)
            {
                throw new InputException(
                    $"{optimizer.Directions} directions of {images.Shape.Length} floats are more than a step can hold; use at most {MostDirectionFloats / images.Shape.Length}.");
            }
        }

        if (loss is { Target: not null, TargetChoice: not null } or { LabelsOnly: true, TargetChoice: TargetChoice.LeastLikely })
        {
            throw new InputException(loss.Target is null ? "The least likely class is told by scores, not by labels alone; take a random other class, or a class." : "Both a target class and a choice of one are given; leave one of them out.") { Argument = nameof(AttackLoss.Target) };
        }

        if (_options.Loss.Target is { } target)
        {
            if (target < 0 || target >= _oracle.ScoreLength)
            {
                throw new InputException($"Target class {target} is outside 0..{_oracle.ScoreLength - 1} for a model with {_oracle.ScoreLength} classes; give one from 0 to {_oracle.ScoreLength - 1}, counted from 0.") { Argument = nameof(AttackLoss.Target) };
            }

            int wanted = Math.Min(_options.Count ?? images.Count, images.Count);
            if (images.Count > 0 && !_options.AllowNoCorrect && Enumerable.Range(0, wanted).All(i => images.Label(i) == target))
            {
                throw new InputException($"Target class {target} is the true class of {(wanted == 1 ? "the image" : $"all {wanted} images")}; choose another target.");
            }
        }
    }

    private void ThrowIfNoRounds(AttackLoss loss)
    {
        if (loss.BisectionRounds is not { } rounds)
        {
            return;
        }

        RunLimits limits = _options.Limits;
        IZerothOrderOptimizer dearest = _optimizers.MaxBy(optimizer => optimizer.Directions)!;
        double least = rounds * (dearest.Directions + 2.0) * _oracle.AnswersPerRow * (limits.FlaggedCost ?? 1);
        (string? wrong, string about) =
            !loss.IsMinimalDistortion ? ($"A bisection of c is for minimal distortion, not for {loss.Threat}; remove it.", nameof(AttackLoss.BisectionRounds))
            : limits.StopOnSuccess ? ("A bisection of c looks for smaller changes after a success, so it cannot stop at the first one; remove one of the two.", nameof(RunLimits.StopOnSuccess))
            : loss is { HasDefaultWeight: false, DistortionWeight: 0 } ? ("A bisection of c cannot start at c = 0; give a number above 0, or none.", nameof(AttackLoss.DistortionWeight))
            : limits.Iterations < rounds ? ($"{limits.Iterations} iteration{(limits.Iterations == 1 ? " has" : "s have")} no room for a step in each of the {rounds} rounds of the bisection; give at least {rounds}, or fewer rounds.", nameof(RunLimits.Iterations))
            : limits.Budget < least ? (string.Create(CultureInfo.InvariantCulture, $"A budget of {limits.Budget} has no room for a step of {dearest.Name} and a last iterate in each of the {rounds} rounds of the bisection; give at least {least:0}, fewer rounds or fewer directions."), nameof(RunLimits.Budget))
            : (null, "");
        if (wrong is not null)
        {
            throw new InputException(wrong) { Argument = about };
        }
    }

    private void ThrowIfUnfit(IDirectionPrior prior, AttackLoss loss)
    {
        string? wrong = prior.InputLength != _oracle.InputLength ? $"is for images of {prior.InputLength} pixels, the model takes {_oracle.InputLength}; learn one for this model"
            : prior.Classes != _oracle.ScoreLength ? $"is for {prior.Classes} classes, the model has {_oracle.ScoreLength}; learn one for this model"
            : loss.LabelsOnly ? "needs scores to be checked by, not labels alone; remove one of the two"
            : loss.Pixels is not null ? "changes all pixels, not a few; remove one of the two"
            : loss.Transform != BoxTransform.Clip ? "needs the clip transform; use clip" : null;
        if (wrong is not null)
        {
            throw new InputException($"The prior {prior.Origin.Name} {wrong}.") { Argument = nameof(AttackOptions.Prior) };
        }
    }

    private void ThrowIfUnbounded(AttackLoss loss, ImageShape shape)
    {
        double widest = loss.Norm.Widest(shape.Length);
        if (loss.Epsilon > widest)
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture, $"ε = {loss.Epsilon} is more than the {loss.Norm.Symbol()} width {widest:G6} of images of {shape} pixels in [0, 1]; give a number above 0 and up to it.")) { Argument = nameof(AttackLoss.Epsilon) };
        }

        if (_options.Levels is { } levels && loss is { Norm: DistortionNorm.LInfinity, Epsilon: { } radius } && SuccessCheck.WholeLevels(radius, levels) < 1)
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture, $"ε = {radius:G6} is below 1/255, the smallest change of an 8-bit file, so no saved image can differ; give more, or count floats.")) { Argument = nameof(AttackLoss.Epsilon) };
        }

        if (loss.Pixels > shape.Height * shape.Width)
        {
            throw new InputException($"{loss.Pixels} changed pixels are more than the {shape.Height * shape.Width} of an image; give 1 to {shape.Height * shape.Width}.") { Argument = nameof(AttackLoss.Pixels) };
        }

        if (loss is { Epsilon: not null, Pixels: not null })
        {
            throw new InputException("A ball and a number of changed pixels are given; leave one of them out.") { Argument = nameof(AttackLoss.Epsilon) };
        }

        if (loss is { IsMinimalDistortion: false, Transform: not BoxTransform.Clip })
        {
            throw new InputException($"The tanh transform is for minimal distortion, not for {loss.Threat}; use clip.") { Argument = nameof(AttackLoss.Transform) };
        }
    }

    private CorrectImages Choose(IQueryOracle asked, ImageSet images, QueryLedger overhead, CancellationToken cancellation)
    {
        CorrectImages correct = _options.Shard is { } shard
            ? CorrectImages.Find(
                asked, images, shard, RunScale.Images, _options.Count, _options.Loss.Target, needsTarget: _options.Loss is { LabelsOnly: true, IsTargeted: true }, _options.FailedCalls, cancellation)
            : CorrectImages.Find(asked, images, _options.Count, _options.Loss.Target, _options.FailedCalls, cancellation);
        overhead.TryCharge(correct.Queries);
        if (correct.Indices.Count == 0 && correct.Failure is { } failure)
        {
            throw failure;
        }

        if (correct.Indices.Count == 0 && !_options.AllowNoCorrect)
        {
            throw correct.Skipped.Any(s => s.Predicted == s.Label)
                ? new InputException($"The only images that the model classifies correctly are of the target class {_options.Loss.Target}; choose another target, or add images of other classes.")
                : new InputException($"{correct.Summary}, so there is nothing to attack; check the labels and the pixel range that the model wants.") { Argument = "Encoding" };
        }

        return correct;
    }

    private List<ImageResult> Check(
        IQueryOracle asked, ImageSet images, CorrectImages correct, IReadOnlyList<int> chosen, List<Problem> problems, AttackLoss loss, QueryLedger overhead, ref OracleException? failure,
        CancellationToken cancellation)
    {
        var check = new SuccessCheck(asked, _options, overhead);
        if (failure is null)
        {
            check.Run(problems, p => images.Image(chosen[p / _options.Trials]), cancellation);
            failure = check.Failure;
        }

        var results = new List<ImageResult>(problems.Count);
        for (int p = 0; p < problems.Count; p++)
        {
            Problem problem = problems[p];
            int index = chosen[p / _options.Trials];
            ReadOnlyMemory<float> original = images.Image(index);
            SuccessCheck.Checked? found = check.Of(problem);
            bool success = found?.Success ?? problem.IsSolved;
            Func<ReadOnlyMemory<float>>? adversarial = !success ? null : found is null ? () => problem.BestSolvedInput!.Value : found.Image;
            results.Add(new ImageResult
            {
                Index = index,
                Name = images.ImageName(index),
                Label = images.Label(index),
                Target = Target(correct, index, original.Span),
                Trial = _options.FirstTrial + (p % _options.Trials),
                Trace = problem.Optimizer is ICandidateOptimizer ? new BestTrace(problem.Trace) : problem.Trace,
                BestLoss = problem.BestLoss,
                Success = success,
                Queries = problem.Ledger.Charged,
                FlaggedQueries = _options.Limits.FlaggedCost is null ? null : problem.Ledger.Flagged,
                RetriedQueries = problem.Ledger.Retried,
                Failure = problem.Failure ?? found?.Failure,
                QueriesToFirstSuccess = success ? problem.QueriesToFirstSolved : null,
                IterationsToFirstSuccess = success ? (int?)((problem.QueriesToFirstSolved - 1) / ((long)_oracle.AnswersPerRow * (problem.Optimizer.Directions + 1))) : null,
                BlindSteps = problem.BlindSteps,
                Rounds = problem.Rounds,
                StopReason = problem.Stop ?? StopReason.Cancelled,
                Distortion = adversarial is { } image ? Measure(image().Span, original.Span) : null,
                FirstDistortion = success ? Measure(problem.FirstSolvedInput!.Value.Span, original.Span) : null,
                AdversarialLabel = success ? found?.Label : null,
                SavedSuccess = found?.Holds,
                Images = images,
                MakeAdversarial = adversarial,
                Problem = problem,
            });
        }

        return results;
    }

    internal static Distortion Measure(ReadOnlySpan<float> image, ReadOnlySpan<float> original) => new(
        SimdKernels.L1Distance(image, original), SimdKernels.L2Distance(image, original), SimdKernels.LInfDistance(image, original));
}
