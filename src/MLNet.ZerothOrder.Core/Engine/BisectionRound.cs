using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>One round of a bisection of c (<see cref="AttackLoss.BisectionRounds"/>).</summary>
/// <param name="Weight">c.</param>
/// <param name="Success">Whether an iterate was a success whose change was at least a thousandth smaller than those of all earlier rounds.</param>
/// <param name="Distortion">‖x − x0‖_p of the round's smallest success, in the norm of the loss; null without one.</param>
/// <param name="Queries">The queries of the round.</param>
public sealed record BisectionRound(
    double Weight, bool Success, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Distortion, long Queries);
