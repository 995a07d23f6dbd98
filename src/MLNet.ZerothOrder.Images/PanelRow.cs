namespace MLNet.ZerothOrder.Data;

/// <summary>One row of a panel: an image before and after the attack.</summary>
/// <param name="Shape">The size of both images; 1 or 3 channels.</param>
/// <param name="Original">C × H × W floats in [0, 1].</param>
/// <param name="Adversarial">The adversarial image, C × H × W floats in [0, 1].</param>
public sealed record PanelRow(ImageShape Shape, ReadOnlyMemory<float> Original, ReadOnlyMemory<float> Adversarial);
