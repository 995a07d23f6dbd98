using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The options that only learned optimizers heed.</summary>
internal sealed class LearnedRunOptions
{
    private readonly Option<double?> _mix = Numbers.Real("--mix", "p: how often a step's directions are a learned optimizer's own, drawn per step; 0.5 without it.", "P", 0, 1);
    private readonly Option<double?> _scale = Numbers.Real("--scale", "α: multiplies every update of a learned optimizer; 1 without it.", "A", 1e-6, 1e6);
    private readonly Option<StepKind?> _step = Choices.Of<StepKind>("--step", "What computes a learned optimizer's steps: zo itself (the default) or ONNX Runtime.");

    public void AddTo(Command command)
    {
        command.Options.Add(_mix);
        command.Options.Add(_scale);
        command.Options.Add(_step);
    }

    /// <summary>Adds the given options.</summary>
    public NamedOptimizerOptions Apply(ParseResult parsed, NamedOptimizerOptions options) => options with
    {
        Mix = parsed.GetValue(_mix) ?? options.Mix,
        Scale = parsed.GetValue(_scale) ?? options.Scale,
        Step = parsed.GetValue(_step) ?? options.Step,
    };

    /// <summary>Fails where an option is given that none of the optimizers heeds.</summary>
    public void ThrowIfUnheeded(ParseResult parsed, IReadOnlyList<NamedOptimizer> optimizers)
    {
        ThrowIfUnheeded(_mix, s => s.Mix is not null, " that draw their directions by a QueryRNN");
        ThrowIfUnheeded(_scale, s => s.Scale is not null, " that update by an UpdateRNN");
        ThrowIfUnheeded(_step, s => s.Step is not null, "");

        void ThrowIfUnheeded(Option option, Func<RunSettings, bool> heeds, string which)
        {
            if (parsed.GetResult(option) is not null && !optimizers.Any(o => heeds(o.Settings)))
            {
                throw new InputException($"{option.Name} is for learned optimizers{which}, and none is given; leave it out, or name one.");
            }
        }
    }
}
