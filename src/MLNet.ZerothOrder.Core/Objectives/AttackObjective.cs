using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The black-box attack loss (Eq. 6) on one image x0 of class y:
/// untargeted max{F_y(x) − max_{j≠y} F_j(x), −κ} + c‖x − x0‖_p; targeted at class k max{max_{j≠k} F_j(x) − F_k(x), −κ} + c‖x − x0‖_p.
/// F are logits or log-probabilities, which give the same margins, logarithms of probabilities, or log-odds of independent probabilities.
/// The norm is taken of the change of the clipped image. In a ball, with few changed pixels or with labels only, the loss is another one: see <see cref="AttackLoss"/>.
/// An image is solved when the margin is below 0: another class (or the target class) has strictly the highest score.
/// </summary>
public sealed class AttackObjective : IObjective
{
    // The optimization starts with a little noise, because the ℓ1 norm has a kink at θ = 0 (published code: 1e-4 · N(0, 1)).
    private const float StartNoise = 1e-4f;

    // The inverse tanh needs x0 inside the open interval (0, 1). This inset is below half of an 8-bit grey level, so the start still
    // rounds to the original image, and large enough for tanh to have a usable slope.
    private const float TanhInset = 1e-3f;

    /// <summary>Smaller probabilities are raised to this floor, so that their logarithm is finite.</summary>
    public const float ProbabilityFloor = 1e-37f;

    /// <summary>Half of the distance from 1 to the next smaller float: a probability that was rounded to 1 can lack this much.</summary>
    public const double ComplementFloor = 1.0 / (1 << 25);

    private readonly ReadOnlyMemory<float> _image;
    private readonly AttackLoss _loss;
    private readonly int _label;
    private readonly int _classes;
    private readonly int _pivot;
    private readonly Lazy<KnownTerm?> _known;

    /// <param name="image">x0, pixels in [0, 1]. Not copied.</param>
    /// <param name="label">y, the true class of the image.</param>
    /// <param name="classes">The number of classes of the classifier.</param>
    /// <param name="loss">The settings of the loss.</param>
    /// <exception cref="ArgumentException">A class is outside the model's range, or the target equals the label.</exception>
    public AttackObjective(ReadOnlyMemory<float> image, int label, int classes, AttackLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        if (image.IsEmpty)
        {
            throw new ArgumentException("The image is empty; give at least one pixel.", nameof(image));
        }

        ThrowIfNotAClass(label, classes, nameof(label));
        if (loss.Target is { } target)
        {
            ThrowIfNotAClass(target, classes, nameof(AttackLoss.Target));
            if (target == label)
            {
                throw new ArgumentException($"Target class {target} is the image's true class; choose another.", nameof(loss));
            }
        }

        if (loss.TargetChoice is { } choice)
        {
            throw new ArgumentException($"The target class is to be chosen ({choice}), but an objective has one class; give it as Target.", nameof(loss));
        }

        if (loss is { IsMinimalDistortion: false, Transform: not BoxTransform.Clip })
        {
            throw new ArgumentException("A bounded change is added to the image and clipped; use the clip transform.", nameof(loss));
        }

        _image = image;
        _loss = loss;
        _label = label;
        _classes = classes;
        _pivot = loss.Target ?? label;
        _known = new Lazy<KnownTerm?>(MakeKnown);
    }

    /// <inheritdoc/>
    public int Dimension => _image.Length;

    /// <inheritdoc/>
    public int InputLength => _image.Length;

    /// <summary>The size of the image, for methods that change squares or pixels; by default a row of gray pixels.</summary>
    /// <exception cref="ArgumentException">The size is not that of the image.</exception>
    public ImageShape Shape
    {
        get => field.Length > 0 ? field : new ImageShape(1, 1, _image.Length);
        init => field = value.Length == _image.Length ? value : throw new ArgumentException($"The image has {_image.Length} floats, not {value}.", nameof(value));
    }

    /// <summary>An image that the model gives another class, or the target class, from which a method that uses labels only starts; empty for random images.</summary>
    /// <exception cref="ArgumentException">Its size is not that of the image.</exception>
    public ReadOnlyMemory<float> Start
    {
        get;
        init => field = value.IsEmpty || value.Length == _image.Length ? value : throw new ArgumentException($"The image has {_image.Length} floats, but its start {value.Length}.", nameof(value));
    }

    /// <summary>x0.</summary>
    internal ReadOnlySpan<float> Image => _image.Span;

    /// <summary>The class that the margin is measured from: the target class, or the label for an untargeted attack.</summary>
    internal int Pivot => _pivot;

    /// <summary>The settings of the loss.</summary>
    internal AttackLoss Settings => _loss;

    /// <summary>The hinge at −κ, c‖x − x0‖_p and the box in closed form for the clip transform. Null for tanh, where θ is not the change of the pixels.</summary>
    public KnownTerm? Known => _known.Value;

    /// <inheritdoc/>
    public void Initialize(RandomKey key, Span<float> theta)
    {
        if (!_loss.IsMinimalDistortion)
        {
            // No distortion in the loss, no kink: the start is the image itself.
            theta.Clear();
            return;
        }

        CounterRandom.Normals(key, theta);
        if (_loss.Transform == BoxTransform.Clip)
        {
            for (int i = 0; i < theta.Length; i++)
            {
                theta[i] *= StartNoise;
            }
        }
        else
        {
            ReadOnlySpan<float> image = _image.Span;
            for (int i = 0; i < theta.Length; i++)
            {
                theta[i] = InverseTanh(image[i]) + (theta[i] * StartNoise);
            }
        }
    }

    /// <inheritdoc/>
    public void Decode(ReadOnlySpan<float> theta, Span<float> input)
    {
        if (_loss.IsBounded)
        {
            AllowedChange.Decode(_loss, _image.Span, Shape.Channels, theta, input);
        }
        else if (_loss.Transform == BoxTransform.Clip)
        {
            SimdKernels.AddClip(_image.Span, theta, input);
        }
        else
        {
            SimdKernels.TanhBox(theta, input);
        }
    }

    /// <summary>The same objective with another c.</summary>
    internal AttackObjective At(double weight) => new(_image, _label, _classes, _loss with { DistortionWeight = weight }) { Shape = Shape };

    /// <summary>Writes a θ of an image, up to rounding: the inverse of <see cref="Decode(ReadOnlySpan{float}, Span{float})"/>.</summary>
    internal void Encode(ReadOnlySpan<float> input, Span<float> theta)
    {
        ReadOnlySpan<float> image = _image.Span;
        for (int i = 0; i < theta.Length; i++)
        {
            theta[i] = _loss.Transform == BoxTransform.Clip ? input[i] - image[i] : InverseTanh(input[i]);
        }
    }

    private static float InverseTanh(float pixel) => MathF.Atanh((2 * Math.Clamp(pixel, TanhInset, 1 - TanhInset)) - 1);

    /// <summary>Writes the input row of θ + a u, in one pass over the image where θ is the change of its pixels.</summary>
    internal void Decode(ReadOnlySpan<float> theta, float a, ReadOnlySpan<float> u, Span<float> point, Span<float> input)
    {
        if (!_loss.IsBounded && _loss.Transform == BoxTransform.Clip)
        {
            SimdKernels.MoveClip(_image.Span, theta, a, u, input);
            return;
        }

        SimdKernels.ScaledAdd(theta, a, u, point);
        Decode(point, input);
    }

    /// <inheritdoc/>
    public void Project(Span<float> theta)
    {
        if (_loss.IsBounded)
        {
            AllowedChange.Project(_loss, _image.Span, Shape.Channels, theta);
        }
    }

    /// <inheritdoc/>
    public Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores)
    {
        double margin = Margin(scores);
        bool isFlagged = IsFlagged(scores);
        if (_loss.LabelsOnly)
        {
            double distance = margin < 0 ? Distortion(input) : _loss.Norm.Widest(Dimension);
            return new Evaluation(distance, margin < 0 ? -1 : 1, margin < 0 && !(distance > _loss.Epsilon), Flagged: isFlagged);
        }

        return Evaluation(_loss.IsBounded ? margin : Math.Max(margin, -_loss.Confidence) + (_loss.DistortionWeight * Distortion(input)), margin) with { Flagged = isFlagged };
    }

    /// <summary>Whether another class than the true one has strictly the highest score.</summary>
    public bool IsFlagged(ReadOnlySpan<float> scores) => System.Numerics.Tensors.TensorPrimitives.Max(scores) > scores[_label];

    /// <summary>F_y − max_{j≠y} F_j (untargeted) or max_{j≠k} F_j − F_k (targeted), without κ. A success is below 0.</summary>
    public double Margin(ReadOnlySpan<float> scores) => Margin(scores, _pivot, _loss.Target is not null, _loss.Scores);

    /// <summary>The margin of scores of this kind, measured from a class that is to be left, or is the target.</summary>
    internal static double Margin(ReadOnlySpan<float> scores, int pivot, bool isTarget, ScoreKind kind)
    {
        float other = float.NegativeInfinity;
        for (int j = 0; j < scores.Length; j++)
        {
            if (j != pivot && scores[j] > other)
            {
                other = scores[j];
            }
        }

        double margin = kind.Logit(scores[pivot]) - kind.Logit(other);
        return isTarget ? -margin : margin;
    }

    /// <summary>‖x − x0‖_p in the loss's norm.</summary>
    public double Distortion(ReadOnlySpan<float> input) => _loss.Norm switch
    {
        DistortionNorm.L1 => SimdKernels.L1Distance(input, _image.Span),
        DistortionNorm.L2 => SimdKernels.L2Distance(input, _image.Span),
        _ => SimdKernels.LInfDistance(input, _image.Span),
    };

    /// <summary>The evaluation of a query with this loss and margin.</summary>
    internal Evaluation Evaluation(double loss, double margin) => new(loss, _loss.Transform == BoxTransform.Clip ? margin : loss, margin < 0, margin);

    private static void ThrowIfNotAClass(int value, int classes, string name)
    {
        if (value < 0 || value >= classes)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} {value} is outside 0..{classes - 1} for a model with {classes} classes.");
        }
    }

    private KnownTerm? MakeKnown()
    {
        if (_loss.Transform != BoxTransform.Clip)
        {
            return null;
        }

        float radius = _loss is { IsBounded: true, Norm: DistortionNorm.LInfinity, Epsilon: { } epsilon } ? AllowedChange.Below(epsilon) : 1;
        var lower = new float[_image.Length];
        var upper = new float[_image.Length];
        ReadOnlySpan<float> image = _image.Span;
        for (int i = 0; i < image.Length; i++)
        {
            lower[i] = Math.Max(-image[i], -radius);
            upper[i] = Math.Min(1 - image[i], radius);
        }

        return new KnownTerm(_loss.IsBounded ? double.NegativeInfinity : -_loss.Confidence, _loss.DistortionWeight, _loss.Norm, new float[_image.Length], lower, upper);
    }
}
