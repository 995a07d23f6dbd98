using System.CommandLine;

return new RootCommand("Finds adversarial examples for an ONNX classifier that can only be queried.").Parse(args).Invoke();
