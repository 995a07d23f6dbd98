using System.Text.Json;

namespace MLNet.ZerothOrder.Tests;

/// <summary>What a run of zo left: its exit code and all that it wrote.</summary>
internal sealed record Outcome(int Code, string Output, string Error)
{
    /// <summary>The result document that <c>--json</c> printed.</summary>
    public JsonElement Document => JsonDocument.Parse(Output).RootElement;

    /// <summary>The same outcome, if zo did what it was asked.</summary>
    public Outcome Done()
    {
        Assert.True(Code == 0, $"Exit code {Code}.\n{Error}\n{Output}");
        return this;
    }
}
