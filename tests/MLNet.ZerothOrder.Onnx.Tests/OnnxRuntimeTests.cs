using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class OnnxRuntimeTests
{
    [Fact]
    public void Native_library_loads_and_runs_on_the_cpu()
    {
        OnnxEnvironment.Open().GetAvailableProviders().ShouldContain("CPUExecutionProvider");
    }

    [SkippableFact]
    public void No_telemetry_uploader_is_started()
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
                System.Runtime.InteropServices.Marshal.PtrToStringUTF8(text).ShouldBe("1");
            }
        }
    }
}
