using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The options that only learned optimizers heed.</summary>
internal sealed class LearnedRunOptions
{
    private readonly Option<double?> _mix = Numbers.Real("--mix", "p: how often a step's directions are a learned optimizer's own, drawn per step; 0.5 without it.", "P", 0, 1);
    private readonly Option<double?> _scale = Numbers.Real("--scale", "α: multiplies every update of a learned optimizer; 1 without it.", "A", 1e-6, 1e6);
    private readonly Option<StepKind?> _step = Choices.Of("--step", "What computes a learned optimizer's steps: zo itself (the default) or ONNX Runtime.", ("managed", StepKind.Managed), ("onnx", StepKind.Onnx));

    public void AddTo(Command command)
    {
        command.Options.Add(_mix);
        command.Options.Add(_scale);
        command.Options.Add(_step);
    }

    /// <summary>Adds to the wishes what was given.</summary>
    public OptimizerWishes Apply(ParseResult parsed, OptimizerWishes wishes) => wishes with
    {
        Mix = parsed.GetValue(_mix) ?? wishes.Mix,
        Scale = parsed.GetValue(_scale) ?? wishes.Scale,
        Step = parsed.GetValue(_step) ?? wishes.Step,
    };

    /// <summary>Fails where an option is given that none of the optimizers heeds.</summary>
    public void ThrowIfUnheeded(ParseResult parsed, IReadOnlyList<OptimizerChoice> choices)
    {
        ThrowIfUnheeded(_mix, "mix", " that draw their directions by a QueryRNN");
        ThrowIfUnheeded(_scale, "scale", " that update by an UpdateRNN");
        ThrowIfUnheeded(_step, "step", "");

        void ThrowIfUnheeded(Option option, string setting, string which)
        {
            if (parsed.GetResult(option) is not null && !choices.Any(choice => choice.Has(setting)))
            {
                throw new InputException($"{option.Name} is for learned optimizers{which}, and none is given; leave it out, or name one.");
            }
        }
    }
}
