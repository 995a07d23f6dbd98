using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>An attack task of the paper: a classifier, its test images and the paper's settings.</summary>
/// <param name="Name">Its name, such as <c>mnist</c>.</param>
/// <param name="Title">Its name in headings.</param>
/// <param name="Oracle">The classifier.</param>
/// <param name="Images">Images to choose from.</param>
/// <param name="Settings">Tuned settings of hand-designed optimizers; null for none.</param>
/// <param name="Loss">The attack loss, with the kind of scores settled.</param>
/// <param name="Directions">q.</param>
/// <param name="Learned">The optimizer that was learned on this task.</param>
internal sealed record AttackTask(
    string Name, string Title, OnnxClassifierOracle Oracle, ImageSet Images, SettingsFile? Settings, AttackLoss Loss, int Directions, string Learned)
{
    /// <summary>T.</summary>
    public int Iterations { get; init; } = 200;

    /// <summary>What it is run on, in words.</summary>
    public string On => $"{Path.GetFileName(Oracle.Info.Path)} (SHA-256 {Oracle.Info.Sha256[..12]}…), test images of {Images.Name}, ℓ1, c = {Loss.DistortionWeight:G}, q = {Directions}, {Iterations} iterations";
}
