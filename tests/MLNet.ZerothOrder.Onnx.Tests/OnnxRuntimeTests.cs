namespace MLNet.ZerothOrder.Tests;

public sealed class OnnxRuntimeTests
{
    [Fact]
    public void NativeLibraryLoadsAndRunsOnTheCpu()
    {
        Assert.Contains("CPUExecutionProvider", OnnxEnvironment.Open().GetAvailableProviders());
    }

    [SkippableFact]
    public void NoTelemetryUploaderIsStarted()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The C library's environment is read here as Linux shows it.");
        OnnxEnvironment.Open();

        // What native code sees, not .NET's own copy.
        nint value = System.Runtime.InteropServices.NativeLibrary.GetExport(System.Runtime.InteropServices.NativeLibrary.Load("libc.so.6"), "getenv");
        unsafe
        {
            fixed (byte* name = "ORT_DISABLE_TELEMETRY\0"u8)
            {
                nint text = ((delegate* unmanaged<byte*, nint>)value)(name);
                Assert.Equal("1", System.Runtime.InteropServices.Marshal.PtrToStringUTF8(text));
            }
        }
    }
}
