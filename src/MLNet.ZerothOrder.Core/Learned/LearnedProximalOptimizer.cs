using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// zo-prox, or zo-prox-plain, with a learned step: the same running estimate, directions and exact step (<see cref="ProximalOptimizer"/>), but a coordinatewise
/// RNN decides, per coordinate, how much to trust the estimate and how large the rate is:
/// <code>
/// D = s sign(G) r (|G|/r · e^{o₁} + o₂/2),   η = ρ w/R · e^{o₃}
/// </code>
/// s and ρ are 0.85 (0.8 with a spatial part) and δ/d on an image if the model sees images (<see cref="LearnedModel.SeesImages"/>), else 1 and 0.8; δ is 24,000 q/d, but at least 300 and at most 600:
/// the fewer of the coordinates a step measures, the shorter it is. r is the root mean square of the estimate, R the largest r so far, and w the mean width of the box (ρ of
/// <see cref="LearnedOptimizer"/> if there is no box). Exponents are clamped to ±4. Until a slope has been measured, θ stays. The network reads
/// <see cref="ProximalFeatures"/>, so the scales of the loss and of θ and the number and order of the coordinates do not matter.
/// </summary>
/// <remarks>
/// On images there are three additions to zo-prox. Once a query has solved the problem, steps aim as far below the floor as m is off its prediction on average. And once an attack in ℓ1 has succeeded, a quarter of the
/// queries tries points with fewer changed pixels (<see cref="ResetTrials"/>); the step starts from the best of them if its loss is lower.
/// Where its loss falls no more, it searches beside the iterate (<see cref="SideSearch"/>).
/// State: that of the network, then on images the last m, its prediction, the mean error of predictions, whether a query has solved the problem, and that of the search; then G, its fast and its slow average and the last Δθ, d floats each, then R, w, λ.
/// </remarks>
public sealed class LearnedProximalOptimizer : IEstimateOptimizer
{
    /// <summary>I, the inputs of the network.</summary>
    public const int NetworkInputs = ProximalFeatures.Count;

    /// <summary>K, the outputs of the network: o₁, o₂, o₃.</summary>
    public const int NetworkOutputs = 3;

    private const int Scalars = 3;
    private const float Fast = 0.2f;
    private const float Slow = 0.05f;
    private const float BaseRate = 0.8f;

    // The scalars of images, in their order, and the constants of their steps.
    private const int LastQueried = 0, Predicted = 1, Error = 2, WasSolved = 3, ImageScalars = 4;
    private const float SmallestStepSize = 300, LargestStepSize = 600, StepSizeOfAll = 24000;
    private const float ErrorShare = 0.3f;
    private const double Overshoot = 0.1;

    // The spatial part finds the place that the window guesses. The estimates of its directions are larger, so that m falls by still less than predicted.
    private static readonly ProximalOptions WithSpatial = new() { Window = 0, SlopeFactor = 0.8f };

    // Features and outputs of this many coordinates fit the second-level cache. The network's state is a sequence of the states of such tiles; for a
    // network that keeps its state in blocks of up to this many coordinates, that is the state of all coordinates.
    private const int Tile = 512;

    /// <summary>Exponents are clamped to this. Larger ones have no practical effect: e^−4 nearly disables a term, and e^4 dominates.</summary>
    public const float LargestExponent = 4;

    private readonly GradientEstimator _estimator = new(new MagnitudeSampler());
    private readonly ICoordinatewiseRnn _network;
    private readonly ProximalOptions _options;
    private readonly bool _seesImages;
    private readonly SpatialWeights? _spatial;

    /// <param name="name">The name of the optimizer, such as <c>zo-lstm-plus</c>.</param>
    /// <param name="model">The learned model.</param>
    /// <param name="network">Computes the model's network. The caller disposes it. Null for <see cref="ManagedRnn"/>.</param>
    /// <param name="directions">q; null for the value of the training.</param>
    /// <param name="smoothing">μ; null for the value of the training.</param>
    public LearnedProximalOptimizer(string name, LearnedModel model, ICoordinatewiseRnn? network = null, int? directions = null, float? smoothing = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(model);
        if (model.Kind != LearnedKind.Proximal)
        {
            throw new ArgumentException($"The model is of the {model.Kind} kind; run it with {nameof(LearnedOptimizer)}.", nameof(model));
        }

        if (directions is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(directions), directions, "q must be at least 1.");
        }

        if (smoothing is { } given && !OptimizerSettings.IsPositive(given))
        {
            throw new ArgumentOutOfRangeException(nameof(smoothing), smoothing, "μ must be a positive number.");
        }

        Name = name;
        Directions = directions ?? model.Directions;
        Smoothing = smoothing ?? model.Smoothing;
        _network = network ?? new ManagedRnn(model.Update);
        _seesImages = model.SeesImages;
        _spatial = model.Spatial;
        _options = _seesImages ? new ProximalOptions() : ProximalOptions.Plain;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Directions { get; }

    /// <inheritdoc/>
    public float? Smoothing { get; }

    /// <summary>The shape of its steps if it sees no images; else null, because a graph draws independent directions.</summary>
    public StepShape? Shape => _seesImages ? null : _estimator.Shape(Directions, corrects: true);

    /// <inheritdoc/>
    public int StateLength(int dimension) => checked(
        (dimension / Tile * _network.StateLength(Tile)) + _network.StateLength(dimension % Tile) + (_seesImages ? ImageScalars + SideSearch.StateLength(dimension) : 0) + (4 * dimension) + Scalars);

    /// <inheritdoc/>
    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        int d = theta.Length;
        ReadOnlySpan<float> memory = Memory(state, d);
        if (!_seesImages || ImageSampler.Shape(step.Objective) is not { } shape)
        {
            _estimator.Perturb(step.Key, memory, [], directions);
            return;
        }

        SideSearch aside = Aside(state, d);
        if (aside.Runs)
        {
            AskAround(step, shape, aside.Point, state, directions[d..]);
            aside.Shift(theta, step.Smoothing, directions);
        }
        else
        {
            AskAround(step, shape, theta, state, directions);
        }
    }

    private void AskAround(in OptimizerStep step, ImageShape shape, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        int d = theta.Length;
        ReadOnlySpan<float> image = OfImages(state, d), memory = Memory(state, d);
        Span<float> trials = directions[^(ResetTrials.Count(step, Directions, image[WasSolved] > 0) * d)..];
        float[] rented = ArrayPool<float>.Shared.Rent(d);
        Span<float> scratch = rented.AsSpan(0, d);
        if (Spatial(step) is { } spatial)
        {
            spatial.Network.Deviation(shape, View(step, theta, state), scratch);
        }
        else
        {
            _estimator.Deviation(memory, scratch);
        }

        ImageSampler.Sample(step.Key, shape, Options(step), scratch, directions[..^trials.Length]);
        float largest = state[^Scalars], width = state[^(Scalars - 1)];
        if (trials.Length > 0)
        {
            // A trial whose rate is no number stays where its pixels returned to.
            float rate = Rate(width, largest, d, isImage: true);
            TensorPrimitives.Multiply(memory, Options(step).SlopeFactor, scratch);
            ResetTrials.Ask(step, theta, image[Predicted] + image[Error], image[Error], scratch, float.IsNormal(rate) ? rate : 0, trials);
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    // The spatial part, if there is one and it can see the step. On colour images attacks ended no lower with it than with the window.
    private SpatialWeights? Spatial(in OptimizerStep step) => SpatialView.CanSee(step) && ImageSampler.Shape(step.Objective) is { Channels: 1 } ? _spatial : null;

    private ProximalOptions Options(in OptimizerStep step) => Spatial(step) is null ? _options : WithSpatial;

    /// <summary>Writes what the spatial part sees before a step, for training.</summary>
    /// <param name="step">The step.</param>
    /// <param name="theta">θ, d floats.</param>
    /// <param name="state">The state.</param>
    /// <param name="maps">Receives the maps, <see cref="SpatialWeights.Maps"/> × height × width floats.</param>
    /// <param name="scalars">Receives the scalars, <see cref="SpatialWeights.Scalars"/> floats.</param>
    /// <returns>False if it sees nothing: the model sees no images, or the objective changes no image within a box and with a distortion, or its copy is asked for.</returns>
    public bool See(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> maps, Span<float> scalars)
    {
        if (!_seesImages || !SpatialView.CanSee(step) || ImageSampler.Shape(step.Objective) is not { } shape || Aside(state, theta.Length).Runs)
        {
            return false;
        }

        var planes = new SpatialPlanes(shape.Height, shape.Width);
        float[] rented = ArrayPool<float>.Shared.Rent(SpatialWeights.Maps * planes.Length);
        View(step, theta, state).Write(shape, planes, rented, scalars);
        for (int row = 0; row < SpatialWeights.Maps * shape.Height; row++)
        {
            rented.AsSpan((row / shape.Height * planes.Length) + planes.Row(row % shape.Height), shape.Width).CopyTo(maps.Slice(row * shape.Width, shape.Width));
        }

        ArrayPool<float>.Shared.Return(rented);
        return true;
    }

    private SpatialView View(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state)
    {
        int d = theta.Length;
        Span<float> own = state[^((4 * d) + Scalars)..];
        return new SpatialView(step, Directions, theta, own[..d], own.Slice(d, d), own.Slice(3 * d, d), OfImages(state, d)[WasSolved] > 0, own[(4 * d) + 2]);
    }

    /// <inheritdoc/>
    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state) =>
        Tell(step, directions, answers, theta, state, record: null);

    /// <inheritdoc/>
    public void Deviation(in OptimizerStep step, Span<float> state, Span<float> deviation) =>
        _estimator.Deviation(Memory(state, deviation.Length), deviation);

    /// <inheritdoc/>
    public ReadOnlySpan<float> Memory(Span<float> state, int dimension) => state[^((4 * dimension) + Scalars)..][..dimension];

    /// <inheritdoc/>
    public void TellEstimate(in OptimizerStep step, ReadOnlySpan<float> estimate, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state) =>
        Tell(step, default, answers, theta, state, record: null, estimate);

    /// <summary>The step of the optimizer, with its intermediate values for training.</summary>
    /// <param name="step">The step.</param>
    /// <param name="directions">Rows of d floats; empty with <paramref name="corrected"/>.</param>
    /// <param name="answers">The losses.</param>
    /// <param name="theta">θ, d floats; moved in place.</param>
    /// <param name="state">The state.</param>
    /// <param name="record">Receives the intermediate values; null if not needed.</param>
    /// <param name="corrected">The estimate after its correction, d floats; empty to correct it here.</param>
    public void Tell(
        in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state, ProximalRecord? record,
        ReadOnlySpan<float> corrected = default)
    {
        // In training, steps are those that the network controls.
        if (!_seesImages || record is not null || !SideSearch.Applies(step, Directions))
        {
            StepFrom(step, directions, answers, theta, state, record, corrected);
            return;
        }

        int d = theta.Length;
        SideSearch aside = Aside(state, d);
        if (aside.Runs)
        {
            float[] rented = ArrayPool<float>.Shared.Rent(directions.Length);
            Span<float> rows = rented.AsSpan(0, directions.Length);
            aside.Unshift(step.Objective.Known!, theta, step.Smoothing, directions, rows);
            StepFrom(step, rows[d..], answers[1..], aside.Point, state, null, default);
            if (answers[1].Loss < answers[0].Loss)
            {
                aside.Point.CopyTo(theta);
                aside.Note(step, rows[..d], answers[1]);
                Memory(state, d).CopyTo(aside.Estimate);
            }
            else if (aside.Continue())
            {
                BeginAside(step, theta, state);
            }

            ArrayPool<float>.Shared.Return(rented);
            return;
        }

        bool isBest = aside.Note(step, theta, answers[0]);
        StepFrom(step, directions, answers, theta, state, null, corrected);
        if (isBest)
        {
            Memory(state, d).CopyTo(aside.Estimate);
        }

        if (OfImages(state, d)[WasSolved] > 0 && aside.IsStuck(step))
        {
            aside.Point.CopyTo(theta);
            step.Objective.Project(theta);
            BeginAside(step, theta, state);
        }
    }

    // The copy's first step has the best point's estimate, and the change of m along the way to the copy as a measurement.
    private void BeginAside(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state)
    {
        int d = theta.Length;
        Span<float> own = state[^((4 * d) + Scalars)..], memory = own[..d], update = own.Slice(3 * d, d), image = OfImages(state, d);
        SideSearch aside = Aside(state, d);
        aside.Estimate.CopyTo(memory);
        float[] rented = ArrayPool<float>.Shared.Rent(d);
        Span<float> slopes = rented.AsSpan(0, d);
        TensorPrimitives.Multiply(memory, Options(step).SlopeFactor, slopes);
        float rate = Rate(state[^(Scalars - 1)], state[^Scalars], d, isImage: true);
        aside.Begin(step, step.Objective.Known!, theta, slopes, image[Error], float.IsNormal(rate) ? rate : 0);
        TensorPrimitives.Subtract(aside.Point, theta, update);
        image[LastQueried] = aside.Queried;
        image[Predicted] = (float)(aside.Queried + SimdKernels.Dot(slopes, update));
        ArrayPool<float>.Shared.Return(rented);
    }

    private void StepFrom(
        in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state, ProximalRecord? record,
        ReadOnlySpan<float> corrected)
    {
        int d = theta.Length;
        Span<float> own = state[^((4 * d) + Scalars)..];
        Span<float> memory = own[..d];
        Span<float> fast = own.Slice(d, d);
        Span<float> slow = own.Slice(2 * d, d);
        Span<float> update = own.Slice(3 * d, d);
        ref float largest = ref own[4 * d];
        ref float width = ref own[(4 * d) + 1];
        ref float lambda = ref own[(4 * d) + 2];
        KnownTerm? known = step.Objective.Known;
        bool isImage = _seesImages && ImageSampler.Shape(step.Objective) is not null;
        Span<float> image = isImage ? OfImages(state, d) : default;
        int trials = isImage ? ResetTrials.Count(step, Directions, image[WasSolved] > 0) : 0;
        ReadOnlySpan<float> trialRows = directions[^(trials * d)..];

        int tile = Math.Min(Tile, d);
        float[] rented = ArrayPool<float>.Shared.Rent((2 * d) + ((ProximalFeatures.Count + 3 + NetworkOutputs) * tile));
        Span<float> direction = rented.AsSpan(0, d);
        Span<float> rate = rented.AsSpan(d, d);
        Span<float> scratch = rented.AsSpan(2 * d);

        // A tile's innovation is read before its direction is written.
        Span<float> innovation = direction;

        memory.CopyTo(innovation);
        if (isImage && step.Number > 1)
        {
            // The queried part changed by a known amount along the last step: one more measurement, for no query.
            ResidualMemory.Correct(update, [answers[0].Queried - image[LastQueried]], memory);
            float error = (float)Math.Abs(answers[0].Queried - image[Predicted]);
            image[Error] += image[WasSolved] > 0 && float.IsFinite(error) ? ErrorShare * (error - image[Error]) : 0;
        }

        if (corrected.IsEmpty)
        {
            _estimator.Correct(directions[..^trialRows.Length], answers[..^trials], step.Smoothing, theta, known, memory);
        }
        else
        {
            corrected.CopyTo(memory);
        }

        TensorPrimitives.Subtract(memory, innovation, innovation);
        double rms = Math.Sqrt(SimdKernels.SumOfSquares(memory) / d);
        largest = Math.Max(largest, (float)rms);
        if (step.Number == 1)
        {
            float box = known is null ? 0 : (float)(SimdKernels.L1Distance(known.Upper.Span, known.Lower.Span) / d);
            width = box > 0 && float.IsFinite(box) ? box : LearnedOptimizer.Unit(answers[0].Loss, rms, d, answers.Length - 1);
            lambda = 1;
        }

        float byMemory = (float)(1 / rms);
        float byWidth = 1 / width;
        float baseRate = Rate(width, largest, d, isImage);

        // Otherwise there is no slope yet, or the numbers are outside the range of floats, and θ stays.
        bool moves = float.IsNormal(byMemory) && float.IsNormal(byWidth) && float.IsNormal(baseRate);
        if (record is not null)
        {
            record.Moves = moves;
        }

        double start = answers[0].Queried;
        if (isImage)
        {
            image[LastQueried] = (float)start;
            image[Predicted] = (float)start;
            foreach (Evaluation answer in answers)
            {
                image[WasSolved] = answer.Solved ? 1 : image[WasSolved];
            }
        }

        if (moves)
        {
            double innovationRms = Math.Sqrt(SimdKernels.SumOfSquares(innovation) / d);
            float byInnovation = (float)(1 / innovationRms);
            byInnovation = float.IsNormal(byInnovation) ? byInnovation : 0;
            Span<float> shared = stackalloc float[ProximalFeatures.Shared];
            Share(shared, d, step, answers, known, rms, innovationRms, width, lambda, known is null ? 0 : SimdKernels.L1Distance(theta, known.Center.Span));
            int stateAt = 0;
            for (int at = 0; at < d; at += Tile)
            {
                int length = Math.Min(Tile, d - at);
                Span<float> features = scratch[..(ProximalFeatures.Count * length)];
                Span<float> offset = scratch.Slice(ProximalFeatures.Count * tile, length);
                Span<float> down = scratch.Slice((ProximalFeatures.Count + 1) * tile, length);
                Span<float> up = scratch.Slice((ProximalFeatures.Count + 2) * tile, length);
                Span<float> outputs = scratch.Slice((ProximalFeatures.Count + 3) * tile, NetworkOutputs * length);
                ReadOnlySpan<float> estimate = memory.Slice(at, length);
                Average(estimate, Fast, fast.Slice(at, length));
                Average(estimate, Slow, slow.Slice(at, length));
                if (known is null)
                {
                    offset.Clear();
                    down.Fill(width);
                    up.Fill(width);
                }
                else
                {
                    ReadOnlySpan<float> here = theta.Slice(at, length);
                    TensorPrimitives.Subtract(here, known.Center.Span.Slice(at, length), offset);
                    TensorPrimitives.Subtract(here, known.Lower.Span.Slice(at, length), down);
                    TensorPrimitives.Subtract(known.Upper.Span.Slice(at, length), here, up);
                    TensorPrimitives.Min(down, width, down);
                    TensorPrimitives.Min(up, width, up);
                }

                WidestLanes.Run(new ProximalFeatures(
                    estimate, innovation.Slice(at, length), fast.Slice(at, length), slow.Slice(at, length), offset, down, up, update.Slice(at, length),
                    byMemory, byInnovation, byWidth, features));
                for (int i = 0; i < ProximalFeatures.Shared; i++)
                {
                    features.Slice((ProximalFeatures.Own + i) * length, length).Fill(shared[i]);
                }

                int stateLength = _network.StateLength(length);
                _network.Run(features, state.Slice(stateAt, stateLength), outputs);
                stateAt += stateLength;
                WidestLanes.Run(new ProximalOutputs(
                    estimate, outputs, (float)rms, baseRate, LargestExponent, direction.Slice(at, length), rate.Slice(at, length)));
                record?.Keep(at, features, outputs);
            }

            if (known is not null && (isImage || record is not null))
            {
                // The step starts at the nearest point of the box.
                SimdKernels.Clip(theta, known.Lower.Span, known.Upper.Span, theta);
            }

            theta.CopyTo(update);
            if (isImage)
            {
                TensorPrimitives.Multiply(direction, Options(step).SlopeFactor, direction);
                start = trials > 0 ? ResetTrials.Accept(step, trialRows, answers, theta) : start;
                image[Predicted] = (float)(start - SimdKernels.Dot(direction, theta));
                start += image[WasSolved] > 0 ? image[Error] : known is { Floor: > double.NegativeInfinity } ? Overshoot * Math.Max(0, start - known.Floor) : 0;
            }

            if (record is not null)
            {
                theta.CopyTo(record.Before);
            }

            lambda = ProximalStep.Apply(known, start, direction, rate, theta);
            if (isImage)
            {
                step.Objective.Project(theta);
                image[Predicted] += (float)SimdKernels.Dot(direction, theta);
            }

            if (record is not null)
            {
                memory.CopyTo(record.Memory);
                direction.CopyTo(record.Direction);
                rate.CopyTo(record.Rate);
                theta.CopyTo(record.After);
                record.MemoryRms = isImage ? Options(step).SlopeFactor * rms : rms;
                record.Lambda = lambda;
            }

            TensorPrimitives.Subtract(theta, update, update);
        }
        else if (isImage)
        {
            update.Clear();
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    private float Rate(float width, float largest, int d, bool isImage) =>
        (isImage ? Math.Clamp(StepSizeOfAll * Directions / d, SmallestStepSize, LargestStepSize) / d : BaseRate) * width / largest;

    // The scalars of images.
    private static Span<float> OfImages(Span<float> state, int d) =>
        state.Slice(state.Length - Scalars - (4 * d) - SideSearch.StateLength(d) - ImageScalars, ImageScalars);

    private static SideSearch Aside(Span<float> state, int d) =>
        new(state.Slice(state.Length - Scalars - (4 * d) - SideSearch.StateLength(d), SideSearch.StateLength(d)), d);

    private static void Average(ReadOnlySpan<float> value, float share, Span<float> average)
    {
        TensorPrimitives.Multiply(average, 1 - share, average);
        SimdKernels.Axpy(share, value, average);
    }

    // Computes the features that all coordinates share: the weight of the known part, the distance to the floor, the last λ, the number of
    // directions so far, the error of the estimate and the distance from x0, each relative to the estimate.
    private static void Share(
        Span<float> features, int d, in OptimizerStep step, ReadOnlySpan<Evaluation> answers, KnownTerm? known, double rms, double innovationRms, float width, float lambda, double distance)
    {
        bool hasFloor = known is not null && double.IsFinite(known.Floor);
        double excess = hasFloor ? answers[0].Queried - known!.Floor : 0;
        double weight = known is null ? 0 : known.Weight;
        features[0] = (float)(0.3 * Math.Log((weight / rms) + 1e-3));
        features[1] = (float)(0.3 * Math.CopySign(Math.Log(1 + (Math.Abs(excess) / (rms * width))), excess));
        features[2] = (float)(excess > 0 ? 1 : -1);
        features[3] = lambda;
        features[4] = (float)(Math.Log(1 + ((double)step.Number * (answers.Length - 1) / d)));
        features[5] = (float)(0.5 * Math.Log((innovationRms / rms) + 1e-3));
        features[6] = (float)(0.3 * Math.Log(1 + (distance / width)));
    }
}
