namespace MLNet.ZerothOrder.Data;

/// <summary>The size to which a picture is resized, and the place in it at which the model's size begins; negative where it is padded.</summary>
internal readonly record struct FitPlan(int Width, int Height, int Left, int Top);
