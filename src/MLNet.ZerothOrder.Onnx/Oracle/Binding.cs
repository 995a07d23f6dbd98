using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>Native tensors of one number of rows over a batch's buffers, bound to a session. Owns its native handles.</summary>
internal sealed class Binding : IDisposable
{
    private readonly string _inputName;
    private readonly OrtValue _input;
    private readonly OrtValue _output;

    public Binding(InferenceSession session, string inputName, OrtValue input, string outputName, OrtValue output)
    {
        _inputName = inputName;
        _input = input;
        _output = output;
        Native = session.CreateIoBinding();
        try
        {
            Native.BindInput(inputName, input);
            Native.BindOutput(outputName, output);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public OrtIoBinding Native { get; }

    /// <summary>Sends the input to the device again: binding an input copies it there, and only then.</summary>
    public void SendInput() => Native.BindInput(_inputName, _input);

    public void Dispose()
    {
        Native.Dispose();
        _input.Dispose();
        _output.Dispose();
    }
}
