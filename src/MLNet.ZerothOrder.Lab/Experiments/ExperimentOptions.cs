namespace MLNet.ZerothOrder.Lab;

/// <summary>The options of an experiment.</summary>
/// <param name="Folder">The folder of the results.</param>
/// <param name="Runs">The store of finished runs, a folder that experiments share: a stored run is not made again.</param>
/// <param name="Models">The folder of the classifiers that ship with zo: <c>mnist-cnn.onnx</c>, <c>cifar10-cnn.onnx</c> and their tuned settings.</param>
/// <param name="Quick">Whether to use fewer images and trials.</param>
/// <param name="Trials">The trials per image or data set; null for the default of the experiment.</param>
/// <param name="Images">The number of images; null for the default of the experiment.</param>
/// <param name="With">Optimizers to run in addition to the paper's; null for none.</param>
/// <param name="Data">The folder of downloaded data sets; null for the default folders.</param>
/// <param name="Seed">The seed of all random streams.</param>
/// <param name="Command">The command that repeats the experiment, for its report; null for none.</param>
/// <param name="Note">Called with notes to the user, each one sentence, while the experiment continues; null for none.</param>
/// <param name="Methods">The only methods of an experiment that compares methods, beside the one that it compares with; null for all.</param>
/// <param name="Shard">The part of the runs that is made and stored, without figures; null for all. The experiment without a shard then finds the runs.</param>
public sealed record ExperimentOptions(
    string Folder, string Runs, string Models, bool Quick = false, int? Trials = null, int? Images = null, IReadOnlyList<string>? With = null, string? Data = null, long Seed = 1,
    string? Command = null, Action<string>? Note = null, IReadOnlyList<string>? Methods = null, Shard? Shard = null);
