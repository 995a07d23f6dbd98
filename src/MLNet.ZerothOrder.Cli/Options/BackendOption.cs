using System.CommandLine;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>--backend</c>: the implementation that computes the networks' gradients in training.</summary>
internal sealed class BackendOption
{
    private const string Managed = "managed";
    private const string TorchSharp = "torchsharp";

    private readonly Option<Kind?> _option = Choices.Of(
        "--backend", $"The backend that computes the networks' gradients: {Managed} or {TorchSharp} (default: {Managed}).", (Managed, Kind.Managed), (TorchSharp, Kind.TorchSharp));

    private enum Kind
    {
        Managed,
        TorchSharp,
    }

    public Option Option => _option;

    /// <summary>The name of the backend on the command line.</summary>
    public string Name(ParseResult parsed) => parsed.GetValue(_option) == Kind.TorchSharp ? TorchSharp : Managed;

    /// <summary>Creates the chosen backend. TorchSharp is only loaded if it is chosen.</summary>
    /// <exception cref="InputException">The TorchSharp backend is not installed, or does not run on this system.</exception>
    public ITrainingBackend Create(ParseResult parsed) =>
        parsed.GetValue(_option) == Kind.TorchSharp ? TorchSharpBackend($"--backend {TorchSharp}", $" Or train with --backend {Managed}.") : new ManagedBackend();

    /// <summary>Creates the TorchSharp backend for an option that needs it.</summary>
    /// <exception cref="InputException">It is not installed, or does not run on this system.</exception>
    public static ITrainingBackend TorchSharpBackend(string option, string alternative = "")
    {
        try
        {
            return TorchSharpPlugin.Create();
        }
        catch (InputException e)
        {
            throw new InputException($"{option} does not work here: {e.Message}{alternative}", e);
        }
    }
}
