namespace MLNet.ZerothOrder;

/// <summary>A protocol whose failures hold no secret, also where a server repeats the headers of a request in its answer.</summary>
internal sealed class DiscreetProtocol(IModelProtocol inner, SecretHeaders secrets) : IModelProtocol
{
    public async Task<ModelDeclaration> DescribeAsync(CancellationToken cancellation)
    {
        try
        {
            return await inner.DescribeAsync(cancellation).ConfigureAwait(false);
        }
        catch (RequestFailure e)
        {
            throw e.With(secrets.Redact(e.Message));
        }
    }

    public async Task<ModelAnswer> AskAsync(RowRequest request, RequestInput input, CancellationToken cancellation)
    {
        try
        {
            return await inner.AskAsync(request, input, cancellation).ConfigureAwait(false);
        }
        catch (RequestFailure e)
        {
            throw e.With(secrets.Redact(e.Message));
        }
    }

    public void Dispose() => inner.Dispose();
}
