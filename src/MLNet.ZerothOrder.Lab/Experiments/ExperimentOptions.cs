namespace MLNet.ZerothOrder.Lab;

/// <summary>How an experiment is run.</summary>
/// <param name="Folder">The folder of the results.</param>
/// <param name="Runs">The folder of finished runs, which all experiments share: a run that is there is not made again.</param>
/// <param name="Models">The folder of the classifiers that ship with zo: <c>mnist-cnn.onnx</c>, <c>cifar10-cnn.onnx</c> and their tuned settings.</param>
/// <param name="Quick">Fewer images and trials.</param>
/// <param name="Trials">Trials per image or data set; null for the experiment's own number.</param>
/// <param name="Images">Images; null for the experiment's own number.</param>
/// <param name="With">Optimizers to draw beside the paper's; null for none.</param>
/// <param name="Data">The folder of downloaded data sets; null for the usual places.</param>
/// <param name="Seed">The root of all random streams.</param>
/// <param name="Command">The command that repeats the experiment, for its report; null for none.</param>
/// <param name="Note">Told in a sentence each what the user should know although the experiment continues; null for nobody.</param>
public sealed record ExperimentOptions(
    string Folder, string Runs, string Models, bool Quick = false, int? Trials = null, int? Images = null, IReadOnlyList<string>? With = null, string? Data = null, long Seed = 1,
    string? Command = null, Action<string>? Note = null);
