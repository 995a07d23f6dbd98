using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Options for learned optimizers only.</summary>
internal sealed class LearnedRunOptions
{
    private readonly Option<double?> _mix = Numbers.Real("--mix", "p: the probability per step that directions come from the learned optimizer's QueryRNN (default: 0.5, or 0.25 with a gated UpdateRNN).", "P", 0, 1);
    private readonly Option<double?> _scale = Numbers.Real("--scale", "α: the factor of every update of a learned optimizer (default: 1).", "A", 1e-6, 1e6);
    private readonly Option<StepKind?> _step = Choices.Of<StepKind>("--step", "The implementation of a learned optimizer's steps: managed (zo itself) or onnx (ONNX Runtime) (default: managed).");

    public void AddTo(Command command) => command.Add([_mix, _scale, _step]);

    /// <summary>Adds the given options.</summary>
    public NamedOptimizerOptions Apply(ParseResult parsed, NamedOptimizerOptions options) => options with
    {
        Mix = parsed.GetValue(_mix) ?? options.Mix,
        Scale = parsed.GetValue(_scale) ?? options.Scale,
        Step = parsed.GetValue(_step) ?? options.Step,
    };

    /// <summary>Throws if an option is given that none of the optimizers uses.</summary>
    public void ThrowIfUnheeded(ParseResult parsed, IReadOnlyList<NamedOptimizer> optimizers)
    {
        ThrowIfUnheeded(_mix, s => s.Mix is not null, " with a QueryRNN");
        ThrowIfUnheeded(_scale, s => s.Scale is not null, " with an UpdateRNN");
        ThrowIfUnheeded(_step, s => s.Step is not null, "");

        void ThrowIfUnheeded(Option option, Func<RunSettings, bool> heeds, string which)
        {
            if (parsed.GetResult(option) is not null && !optimizers.Any(o => heeds(o.Settings)))
            {
                throw new InputException($"{option.Name} is for learned optimizers{which}, but none is given; remove it, or name one.");
            }
        }
    }
}
