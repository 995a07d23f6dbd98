using System.Numerics.Tensors;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// Learns a prior of a classifier by asking it: each training image costs one query, half of them with noise, and a <see cref="StudentNetwork"/> learns the answers. The scores are
/// learned without what all classes share, by smooth ℓ1; with labels only, the classes by cross-entropy. A tenth of the images (at most 1,000) is held out and chooses the weights.
/// The same options give the same bits, interrupted or not.
/// </summary>
public sealed class PriorTraining
{
    private const int BatchSize = 128;

    // Parts of a batch run side by side, each on one thread, so that the bits do not depend on the number of cores.
    private const int PartSize = 32;
    private const int MostHeldOut = 1000;
    private const float MostNoise = 0.1f;
    private const double FinalRate = 0.02;

    // Streams of the seed.
    private const ulong Order = 1;
    private const ulong Noise = 2;
    private const ulong Epochs = 3;

    private readonly IQueryOracle _oracle;
    private readonly ImageSet _images;
    private readonly ScoreKind? _scores;
    private readonly IStudentBackend _backend;
    private readonly int[] _order;
    private readonly int[] _heldOut;
    private readonly int[] _trained;
    private readonly float[] _weights;
    private readonly float[] _moments;
    private readonly List<PriorPoint> _points = [];
    private float[] _best;
    private int _steps;

    /// <param name="oracle">The classifier.</param>
    /// <param name="images">The images to ask about, at least 20. Their labels are not used.</param>
    /// <param name="options">The options.</param>
    /// <param name="backend">Computes the network.</param>
    /// <param name="scores">The kind of the classifier's scores; null to detect it on the answers.</param>
    /// <exception cref="InputException">There are too few images, or they do not fit the classifier.</exception>
    public PriorTraining(IQueryOracle oracle, ImageSet images, PriorOptions options, IStudentBackend backend, ScoreKind? scores = null)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(backend);
        if (images.Shape.Length != oracle.InputLength)
        {
            throw new InputException($"The images are {images.Shape} = {images.Shape.Length} pixels, the model takes {oracle.InputLength}; use images of the model's size.");
        }

        if (images.Count < 20)
        {
            throw new InputException($"{images.Name} has {images.Count} images, but a prior needs at least 20, of which some are held out; give more images.");
        }

        _oracle = oracle;
        _images = images;
        _scores = scores;
        _backend = backend;
        Options = options;
        Network = new StudentNetwork(images.Shape, oracle.ScoreLength);
        int[] order = [.. Enumerable.Range(0, images.Count)];
        CounterRandom.Shuffle(Key(Order), order.AsSpan());
        _order = order[..Math.Min(order.Length, options.Budget)];
        int first = _order.Length - Math.Min(MostHeldOut, _order.Length / 10);
        int[] samples = [.. Enumerable.Range(0, options.Budget)];
        _heldOut = [.. samples.Where(i => i % _order.Length >= first)];
        _trained = [.. samples.Where(i => i % _order.Length < first)];
        _weights = Network.Initial(options.Seed);
        _best = [.. _weights];
        _moments = new float[2 * _weights.Length];
    }

    /// <summary>The options.</summary>
    public PriorOptions Options { get; }

    /// <summary>The network that learns.</summary>
    public StudentNetwork Network { get; }

    /// <summary>The epochs so far, including those before an interruption.</summary>
    public IReadOnlyList<PriorPoint> Points => _points;

    /// <summary>The queries so far; all are asked before the first epoch.</summary>
    public long Queries { get; private set; }

    /// <summary>What determines the training besides the classifier and the images.</summary>
    public RunIdentity Identity => new()
    {
        { "kind", "prior" },
        { "budget", Options.Budget },
        { "answers", Options.LabelsOnly ? "labels" : "scores" },
        { "epochs", Options.Epochs },
        { "learning-rate", Options.LearningRate },
        { "seed", Options.Seed },
    };

    /// <summary>The weights of the epoch with the lowest validation loss, whose scores are in the units of the classifier's.</summary>
    internal float[] Learned { get; private set; } = [];

    /// <summary>Asks and learns.</summary>
    /// <param name="progress">Called after every epoch.</param>
    /// <param name="save">Takes the state after the answers and after every epoch but the last.</param>
    /// <param name="resume">The state to resume from; null for a new training.</param>
    /// <param name="cancellation">Ends the training between two steps.</param>
    internal void Run(Action<PriorPoint>? progress, Action<PriorState>? save, PriorState? resume, CancellationToken cancellation)
    {
        float[] answers = resume?.Answers ?? _oracle.ScoreRows(Options.Budget, Write, cancellation: cancellation);
        Queries = Options.Budget;
        if (resume is null)
        {
            save?.Invoke(State(answers));
        }
        else
        {
            resume.Weights.CopyTo(_weights, 0);
            resume.Moments.CopyTo(_moments, 0);
            _best = resume.BestWeights;
            _steps = resume.Steps;
            _points.AddRange(resume.Points);
        }

        (float[] wanted, float unit) = Wanted(answers);
        Learned = Scaled(unit);
        int batches = (_trained.Length + BatchSize - 1) / BatchSize;
        var batch = new Batch(Network);
        var gradient = new float[_weights.Length];
        var update = new float[_weights.Length];
        int[] order = [.. _trained];
        for (int epoch = _points.Count; epoch < Options.Epochs; epoch++)
        {
            _trained.CopyTo(order, 0);
            CounterRandom.Shuffle(Key(Epochs).Derive((ulong)epoch), order.AsSpan());
            double sum = 0;
            for (int b = 0; b < batches; b++)
            {
                cancellation.ThrowIfCancellationRequested();
                ReadOnlyMemory<int> samples = order.AsMemory(b * BatchSize, Math.Min(BatchSize, order.Length - (b * BatchSize)));
                sum += Run(batch, samples, wanted, gradient) * samples.Length;
                double done = (double)_steps / (batches * Options.Epochs);
                double rate = Options.LearningRate * (FinalRate + ((1 - FinalRate) * (1 + Math.Cos(Math.PI * done)) / 2));
                UpdateRules.Adam(0.9f, 0.999f, 1e-8f, gradient, ++_steps, (float)rate, _moments.AsSpan(), update.AsSpan());
                TensorPrimitives.Add(_weights, update, _weights);
            }

            PriorPoint point = Validate(epoch + 1, sum / order.Length, batch, wanted, answers);
            _points.Add(point);
            if (point.IsBest)
            {
                _weights.CopyTo(_best, 0);
                Learned = Scaled(unit);
            }

            progress?.Invoke(point);
            if (epoch + 1 < Options.Epochs)
            {
                save?.Invoke(State(answers));
            }
        }
    }

    private PriorPoint Validate(int epoch, double trainingLoss, Batch batch, float[] wanted, float[] answers)
    {
        double sum = 0;
        int agreed = 0, classes = Network.Classes;
        for (int from = 0; from < _heldOut.Length; from += BatchSize)
        {
            ReadOnlyMemory<int> samples = _heldOut.AsMemory(from, Math.Min(BatchSize, _heldOut.Length - from));
            sum += Run(batch, samples, wanted, []) * samples.Length;
            for (int i = 0; i < samples.Length; i++)
            {
                int asked = TensorPrimitives.IndexOfMax(answers.AsSpan(samples.Span[i] * classes, classes));
                agreed += TensorPrimitives.IndexOfMax<float>(batch.Scores.AsSpan(i * classes, classes)) == asked ? 1 : 0;
            }
        }

        double loss = sum / _heldOut.Length;
        return new PriorPoint(epoch, trainingLoss, loss, (double)agreed / _heldOut.Length, _points.TrueForAll(point => !(point.ValidationLoss <= loss)));
    }

    // The mean loss of some samples, and its gradient unless it is empty.
    private double Run(Batch batch, ReadOnlyMemory<int> samples, float[] wanted, Span<float> gradient)
    {
        int length = _images.Shape.Length, classes = Network.Classes, parts = (samples.Length + PartSize - 1) / PartSize;
        bool learns = !gradient.IsEmpty;
        Parallel.For(0, parts, part =>
        {
            int from = part * PartSize, rows = Math.Min(PartSize, samples.Length - from);
            for (int i = from; i < from + rows; i++)
            {
                int sample = samples.Span[i];
                Write(sample, batch.Images.AsSpan(i * length, length));
                wanted.AsSpan(sample * classes, classes).CopyTo(batch.Wanted.AsSpan(i * classes));
            }

            batch.Losses[part] = _backend.Run(
                Network, _weights, batch.Images.AsSpan(from * length, rows * length), batch.Wanted.AsSpan(from * classes, rows * classes), Options.LabelsOnly,
                batch.Scores.AsSpan(from * classes, rows * classes), learns ? batch.Gradients[part] : []);
        });
        gradient.Clear();
        double loss = 0;
        for (int part = 0; part < parts; part++)
        {
            double share = (double)Math.Min(PartSize, samples.Length - (part * PartSize)) / samples.Length;
            loss += share * batch.Losses[part];
            if (learns)
            {
                SimdKernels.Axpy((float)share, batch.Gradients[part], gradient);
            }
        }

        return loss;
    }

    // Writes what is asked: an image, every second time with noise.
    private void Write(int sample, Span<float> image)
    {
        int pass = sample / _order.Length;
        _images.Image(_order[sample % _order.Length]).Span.CopyTo(image);
        if ((sample + pass) % 2 == 0)
        {
            return;
        }

        RandomKey key = Key(Noise).Derive((ulong)sample);
        var noise = new float[image.Length];
        CounterRandom.Normals(key, noise);
        SimdKernels.Axpy(MostNoise * (float)CounterRandom.Uniform(key), noise, image);
        TensorPrimitives.Clamp(image, 0, 1, image);
    }

    // The scores as margins see them, less their mean and in units of their root mean square; with labels only, 1 for the class and 0 for the others.
    private (float[] Wanted, float Unit) Wanted(float[] answers)
    {
        int classes = Network.Classes;
        var wanted = new float[answers.Length];
        if (Options.LabelsOnly)
        {
            for (int row = 0; row < answers.Length; row += classes)
            {
                wanted[row + TensorPrimitives.IndexOfMax<float>(answers.AsSpan(row, classes))] = 1;
            }

            return (wanted, 1);
        }

        ScoreKind kind = _oracle.KindOf(answers, _scores);
        for (int row = 0; row < answers.Length; row += classes)
        {
            double mean = 0;
            for (int k = row; k < row + classes; k++)
            {
                wanted[k] = (float)kind.Logit(answers[k]);
                mean += wanted[k] / classes;
            }

            for (int k = row; k < row + classes; k++)
            {
                wanted[k] -= (float)mean;
            }
        }

        double unit = Math.Sqrt(SimdKernels.SumOfSquares(wanted) / wanted.Length);
        if (!(unit > 0) || !double.IsFinite(unit))
        {
            throw new InputException("The model gives every class the same score on all images, so there is nothing to learn; check the model and the pixel range that it wants.");
        }

        for (int i = 0; i < wanted.Length; i++)
        {
            wanted[i] = (float)(wanted[i] / unit);
        }

        return (wanted, (float)unit);
    }

    // The last layer gives the scores their units back.
    private float[] Scaled(float unit)
    {
        float[] scaled = [.. _best];
        StudentLayer last = Network.Layers[^1];
        Span<float> end = scaled.AsSpan(scaled.Length - last.Weights - last.To.Channels);
        TensorPrimitives.Multiply(end, unit, end);
        return scaled;
    }

    private PriorState State(float[] answers) => new(answers, [.. _weights], [.. _best], [.. _moments], _steps, [.. _points]);

    private RandomKey Key(ulong stream) => RandomKey.FromSeed(Options.Seed).Derive(stream);

    private sealed class Batch(StudentNetwork network)
    {
        public float[] Images { get; } = new float[BatchSize * network.Image.Length];

        public float[] Wanted { get; } = new float[BatchSize * network.Classes];

        public float[] Scores { get; } = new float[BatchSize * network.Classes];

        public double[] Losses { get; } = new double[BatchSize / PartSize];

        public float[][] Gradients { get; } = [.. Enumerable.Range(0, BatchSize / PartSize).Select(_ => new float[network.WeightCount])];
    }
}
