using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

/// <summary>Checks that bad content is refused with a sentence that says what it should.</summary>
internal static class Refused
{
    public static void With(Action read, params string[] parts)
    {
        string message = Should.Throw<InputException>(read).Message;
        foreach (string part in parts)
        {
            message.ShouldContain(part, Case.Sensitive);
        }

        message.ShouldEndWith(".");
        message.ShouldNotContain("\n");
    }

    /// <summary>A content cut at any length is refused, plain and gzipped, and never with another exception.</summary>
    public static void AtEveryCut(TempFolder folder, byte[] content, Action<string> read)
    {
        foreach (byte[] whole in new[] { content, TempFolder.Gzip(content) })
        {
            string path = folder.Write("cut", whole);
            read(path);
            for (int length = 0; length < whole.Length; length++)
            {
                folder.Write("cut", whole.AsSpan(0, length));
                Should.Throw<InputException>(() => read(path), $"cut at {length} of {whole.Length} bytes").Message.ShouldContain(path);
            }
        }
    }
}
