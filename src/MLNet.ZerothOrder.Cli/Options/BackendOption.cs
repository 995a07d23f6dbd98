using System.CommandLine;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>--backend</c>: what computes the networks' gradients in training.</summary>
internal sealed class BackendOption
{
    private const string TorchSharp = "torchsharp";

    private readonly Option<Kind?> _option = Choices.Of("--backend", "What computes the networks' gradients: managed (the default) or torchsharp.", ("managed", Kind.Managed), (TorchSharp, Kind.TorchSharp));

    private enum Kind
    {
        Managed,
        TorchSharp,
    }

    public void AddTo(Command command) => command.Options.Add(_option);

    /// <summary>Its name on the command line.</summary>
    public string Name(ParseResult parsed) => parsed.GetValue(_option) == Kind.TorchSharp ? TorchSharp : "managed";

    /// <summary>The backend asked for; nothing of TorchSharp is loaded for the other one.</summary>
    /// <exception cref="InputException">TorchSharp does not run on this system.</exception>
    public ITrainingBackend Create(ParseResult parsed) => parsed.GetValue(_option) == Kind.TorchSharp ? CreateTorchSharp() : new ManagedBackend();

    private static ITrainingBackend CreateTorchSharp()
    {
        try
        {
            return new TorchSharpBackend();
        }
        catch (InputException e)
        {
            throw new InputException($"--backend {TorchSharp} does not work here: {e.Message}", e);
        }
    }
}
