using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Cli;

/// <summary>
/// The TorchSharp backend, loaded when it is asked for: with its native libraries it is larger than everything else, so <c>zo</c> does not
/// reference it. It is the assembly MLNet.ZerothOrder.TorchSharp with everything it needs, in the folder that ZO_TORCHSHARP names.
/// </summary>
internal static class TorchSharpPlugin
{
    private const string FolderVariable = "ZO_TORCHSHARP";
    private const string AssemblyName = "MLNet.ZerothOrder.TorchSharp";
    private const string TypeName = "MLNet.ZerothOrder.Training.TorchSharpBackend";

    /// <summary>Loads the plugin and creates its backend, with one thread for each of libtorch's operations.</summary>
    /// <exception cref="InputException">The plugin is missing, or does not run on this system.</exception>
    public static ITrainingBackend Create()
    {
        string? folder = Environment.GetEnvironmentVariable(FolderVariable);
        string path = Path.GetFullPath(Path.Combine(folder ?? "", AssemblyName + ".dll"));
        if (string.IsNullOrEmpty(folder) || !File.Exists(path))
        {
            throw new InputException(
                $"the TorchSharp backend is not installed ({(string.IsNullOrEmpty(folder) ? $"{FolderVariable} is not set" : $"there is no {path}")}); "
                + $"publish a project that references the package {AssemblyName} and set {FolderVariable} to the output folder.");
        }

        try
        {
            return (ITrainingBackend)Activator.CreateInstance(Load(path).GetType(TypeName, throwOnError: true)!, 1)!;
        }
        catch (TargetInvocationException e) when (e.InnerException is InputException inner)
        {
            throw new InputException(inner.Message, inner);
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException or TypeLoadException or MissingMethodException or InvalidCastException)
        {
            throw new InputException($"{path} is not a TorchSharp backend of this version of zo ({e.Message.TrimEnd('.')}); publish it again.", e);
        }
    }

    // The runtime asks the resolver only for what zo itself does not have, so both sides share one copy of every MLNet.ZerothOrder assembly.
    private static Assembly Load(string path)
    {
        var resolver = new AssemblyDependencyResolver(path);
        AssemblyLoadContext context = AssemblyLoadContext.Default;
        context.Resolving += (context, name) => resolver.ResolveAssemblyToPath(name) is { } file ? context.LoadFromAssemblyPath(file) : null;
        context.ResolvingUnmanagedDll += (_, name) => resolver.ResolveUnmanagedDllToPath(name) is { } file ? NativeLibrary.Load(file) : 0;
        return context.LoadFromAssemblyPath(path);
    }
}
