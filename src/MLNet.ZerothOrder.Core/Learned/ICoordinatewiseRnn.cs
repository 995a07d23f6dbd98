namespace MLNet.ZerothOrder;

/// <summary>One step of a coordinatewise RNN. It holds no state and is thread-safe.</summary>
public interface ICoordinatewiseRnn
{
    /// <summary>The number of floats of state for d coordinates.</summary>
    int StateLength(int dimension);

    /// <summary>One step for d coordinates.</summary>
    /// <param name="inputs">I rows of d floats.</param>
    /// <param name="state">The caller's state, zeros at first, in a layout of the implementation's choice. Advanced in place.</param>
    /// <param name="outputs">Receives K rows of d floats.</param>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    void Run(ReadOnlySpan<float> inputs, Span<float> state, Span<float> outputs);
}
