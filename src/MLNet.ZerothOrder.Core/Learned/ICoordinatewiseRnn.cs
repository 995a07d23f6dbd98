namespace MLNet.ZerothOrder;

/// <summary>One step of a coordinatewise RNN. It keeps nothing itself; any number of threads may call it at once.</summary>
public interface ICoordinatewiseRnn
{
    /// <summary>Floats of state for d coordinates.</summary>
    int StateLength(int dimension);

    /// <summary>One step for d coordinates.</summary>
    /// <param name="inputs">I rows of d floats.</param>
    /// <param name="state">The caller's, zeros at first, laid out as the implementation likes; advanced.</param>
    /// <param name="outputs">K rows of d floats to fill.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    void Run(ReadOnlySpan<float> inputs, Span<float> state, Span<float> outputs);
}
