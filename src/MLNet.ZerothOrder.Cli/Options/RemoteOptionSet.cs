using System.CommandLine;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The options of a model behind a network, or of a program.</summary>
internal sealed class RemoteOptionSet
{
    private readonly Option<int?> _concurrency = Numbers.Int("--concurrency", "The most requests at a time to a model behind a network (default: chosen by the measured throughput).", "N", 1, 256);
    private readonly Option<string[]> _header = new("--header")
    {
        Description = "A header of every request, such as \"Authorization: Bearer env:TOKEN\", in which env:NAME stands for an environment variable. Its value is never written. Can be given several times.",
        HelpName = "NAME: env:VAR",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string> _ca = new("--ca") { Description = "The certificates of the authorities to trust for TLS, instead of the system's (default: the system's).", HelpName = "F.pem" };
    private readonly Option<double?> _price = Numbers.Real("--cost-per-1000", "The price of 1,000 queries, in any currency; what is spent is shown (default: none).", "PRICE", 0, 1e9, minIsAllowed: false);
    private readonly Option<double?> _most = Numbers.Real("--max-cost", "The most that a run may cost, by --cost-per-1000. It stops before it exceeds it, and is resumed with a higher one (default: no limit).", "COST", 0, 1e15, minIsAllowed: false);
    private readonly Option<string> _request = new("--request") { Description = "A JSON file with the request of a service that speaks no known protocol, with {{image:png:base64}}, {{image:array}} or {{image:flat}} for the image.", HelpName = "F.json" };
    private readonly Option<string> _response = new("--response") { Description = "The path to the scores, or to the label, in the JSON answer to --request (default: the whole answer).", HelpName = "$.PATH" };
    private readonly Option<TensorFormat?> _tensors = Choices.Of<TensorFormat>("--tensors", "How arrays are sent over HTTP with the Open Inference Protocol: as bytes, as JSON, or auto, as the server says (default: auto).");

    public void AddTo(Command command) => command.Add(All);

    /// <summary>The option that a resumed run may be given anew.</summary>
    public Option MaxCost => _most;

    private Option[] All => [_concurrency, _header, _ca, _price, _most, _request, _response, _tensors];

    /// <summary>Throws if one of these options was given for a model that is a file.</summary>
    /// <exception cref="InputException">One was.</exception>
    public void ThrowIfGiven(ParseResult parsed, string model)
    {
        if (parsed.FirstGiven(All) is { } idle)
        {
            throw new InputException($"{idle.Name} is for a model behind a network or a program, and {model} is a file; remove it, or give the address of a model with --model.");
        }
    }

    /// <summary>The most that a run may cost, for a resumed run; null for that of its start.</summary>
    public double? Most(ParseResult parsed) => parsed.GetValue(_most);

    public RemoteOptions Options(ParseResult parsed, ClassNames? classes)
    {
        if (parsed.GetValue(_most) is not null && parsed.GetValue(_price) is null)
        {
            throw new InputException("--max-cost needs the price of queries; give it with --cost-per-1000.");
        }

        if (parsed.GetValue(_response) is not null && parsed.GetValue(_request) is null)
        {
            throw new InputException("--response is for the answer to a --request, which is not given; remove it, or give one.");
        }

        foreach (Option<string> file in new[] { _ca, _request })
        {
            if (parsed.GetValue(file) is { } path)
            {
                file.ThrowIfMissing(path);
            }
        }

        return new RemoteOptions
        {
            Concurrency = parsed.GetValue(_concurrency),
            Headers = parsed.GetValue(_header) ?? [],
            CertificateFile = parsed.GetValue(_ca),
            Cost = parsed.GetValue(_price) is { } price ? new CostMeter(Money(_price, price), parsed.GetValue(_most) is { } most ? Money(_most, most) : null) : null,
            RequestFile = parsed.GetValue(_request),
            ResponsePath = parsed.GetValue(_response),
            Format = parsed.GetValue(_tensors) ?? TensorFormat.Auto,
            Classes = classes?.Names,
        };
    }

    private static decimal Money(Option option, double value) => (decimal)value is > 0 and var money ? money
        : throw new InputException($"{option.Name} is {value.ToString(System.Globalization.CultureInfo.InvariantCulture)}, which is too small to be counted; give a larger number.");
}
