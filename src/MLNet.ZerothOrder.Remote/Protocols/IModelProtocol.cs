namespace MLNet.ZerothOrder;

/// <summary>How a kind of server is asked. Its methods throw <see cref="RequestFailure"/>. Thread-safe.</summary>
internal interface IModelProtocol : IDisposable
{
    /// <summary>Asks the server what its model takes and gives.</summary>
    Task<ModelDeclaration> DescribeAsync(CancellationToken cancellation);

    /// <summary>Asks for the outputs of some rows.</summary>
    /// <param name="request">The rows.</param>
    /// <param name="input">Writes them.</param>
    /// <param name="cancellation">Cancels the request.</param>
    Task<ModelAnswer> AskAsync(RowRequest request, RequestInput input, CancellationToken cancellation);
}
