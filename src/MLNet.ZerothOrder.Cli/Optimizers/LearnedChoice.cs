namespace MLNet.ZerothOrder.Cli;

/// <summary>Makes learned optimizers from their files: the one place that knows what kinds there are.</summary>
internal static class LearnedChoice
{
    // The optimizer whose tuned step size stands in for UpdateRNN.
    private const string Sgd = "zo-sgd";

    public static OptimizerChoice Make(OptimizerName name, string path, OptimizerWishes wishes)
    {
        OptimizerFileInfo file = OptimizerFile.Describe(path);
        LearnedModel model = wishes.MeasureSmoothing ? file.Model with { Smoothing = null } : file.Model;
        return model.Kind == LearnedKind.Proximal ? MakeProximal(name, file, model, wishes) : MakePapers(name, file, model, wishes);
    }

    private static OptimizerChoice MakeProximal(OptimizerName name, OptimizerFileInfo file, LearnedModel model, OptimizerWishes wishes)
    {
        if (name.Suffix is { } suffix)
        {
            throw new InputException($"Optimizer '{file.Path}' has one network, which steers a proximal step, so ':{suffix}' has no part to replace; give it without.");
        }

        OnnxRnn? network = wishes.Step == StepKind.Onnx ? new OnnxRnn(model) : null;
        var optimizer = new LearnedProximalOptimizer(name.Short, model, network, wishes.Directions);
        return new OptimizerChoice(
            name, optimizer, [.. Describe(file, optimizer, wishes.Step), ("update", "proximal"), ("sampling", "magnitude")], network);
    }

    private static OptimizerChoice MakePapers(OptimizerName name, OptimizerFileInfo file, LearnedModel model, OptimizerWishes wishes)
    {
        if (model.Query is null && name.Suffix == OptimizerName.NoQuery)
        {
            throw new InputException($"Optimizer '{file.Path}' was learned without QueryRNN, so ':{OptimizerName.NoQuery}' changes nothing; give it without.");
        }

        var options = new LearnedOptions
        {
            Directions = wishes.Directions,
            Sampling = name.Suffix switch
            {
                OptimizerName.NoQuery => LearnedSampling.Gaussian,
                OptimizerName.GuidedEs => LearnedSampling.Guided,
                _ => LearnedSampling.Learned,
            },
            SgdStepSize = name.Suffix == OptimizerName.NoUpdate ? (wishes.Settings?.For(Sgd) ?? new OptimizerSettings()).StepSize : null,
            Mix = wishes.Mix,
            Scale = wishes.Scale,
        };
        ILearnedStep step = wishes.Step == StepKind.Onnx ? new OnnxStep(model) : new ManagedStep(model);
        var resource = step as IDisposable;
        try
        {
            var optimizer = new LearnedOptimizer(name.Short, model, step, options);
            return new OptimizerChoice(name, optimizer, [.. Describe(file, optimizer, wishes.Step), .. Describe(model, options)], resource);
        }
        catch
        {
            resource?.Dispose();
            throw;
        }
    }

    private static IEnumerable<(string Name, object? Value)> Describe(OptimizerFileInfo file, IZerothOrderOptimizer optimizer, StepKind step)
    {
        yield return ("kind", "learned");
        yield return ("file", file.Path);
        yield return ("sha256", file.Sha256);
        yield return ("directions", optimizer.Directions);
        yield return ("estimate", "forward");
        yield return ("step", Words.Of(step));
    }

    private static IEnumerable<(string Name, object? Value)> Describe(LearnedModel model, LearnedOptions options)
    {
        if (options.SgdStepSize is { } stepSize)
        {
            yield return ("update", Sgd);
            yield return ("stepSize", stepSize);
        }
        else
        {
            yield return ("update", "UpdateRNN");
            yield return ("scale", options.Scale);
        }

        switch (options.Sampling)
        {
            case LearnedSampling.Learned when model.Query is not null:
                yield return ("sampling", "QueryRNN");
                yield return ("mix", options.Mix);
                break;
            case LearnedSampling.Guided:
                yield return ("sampling", "guided");
                yield return ("alpha", options.GuidedAlpha);
                break;
            default:
                yield return ("sampling", "gaussian");
                break;
        }
    }
}
