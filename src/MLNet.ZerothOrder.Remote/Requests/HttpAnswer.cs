namespace MLNet.ZerothOrder;

/// <summary>The body of an answer.</summary>
/// <param name="Body">Its bytes.</param>
/// <param name="IsHtml">Whether it is a web page.</param>
/// <param name="JsonLength">The bytes of JSON in front of binary tensors; null without such.</param>
internal sealed record HttpAnswer(byte[] Body, bool IsHtml, int? JsonLength);
