using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>Native tensors over the buffers of a batch for one number of rows, bound to a session. Owns its native handles.</summary>
internal sealed class Binding : IDisposable
{
    private readonly (string Name, OrtValue Value)[] _inputs;
    private readonly (string Name, OrtValue Value)[] _outputs;

    public Binding(InferenceSession session, (string Name, OrtValue Value)[] inputs, (string Name, OrtValue Value)[] outputs)
    {
        _inputs = inputs;
        _outputs = outputs;
        Native = session.CreateIoBinding();
        try
        {
            SendInputs();
            foreach ((string name, OrtValue value) in outputs)
            {
                Native.BindOutput(name, value);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public OrtIoBinding Native { get; }

    /// <summary>Copies the inputs to the device again. Binding an input is what copies it.</summary>
    public void SendInputs()
    {
        foreach ((string name, OrtValue value) in _inputs)
        {
            Native.BindInput(name, value);
        }
    }

    public void Dispose()
    {
        Native.Dispose();
        foreach ((string _, OrtValue value) in _inputs)
        {
            value.Dispose();
        }

        foreach ((string _, OrtValue value) in _outputs)
        {
            value.Dispose();
        }
    }
}
