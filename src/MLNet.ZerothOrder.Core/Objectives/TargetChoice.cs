namespace MLNet.ZerothOrder;

/// <summary>How an attack that is targeted at a class of its own for each image chooses that class.</summary>
public enum TargetChoice
{
    /// <summary>A uniformly drawn class other than the true one. It depends on the seed, the image and its label only.</summary>
    RandomOther,

    /// <summary>The class with the lowest score of the clean image; of several, the first. It needs scores.</summary>
    LeastLikely,
}

/// <summary>The names of choices.</summary>
public static class TargetChoices
{
    /// <summary>The name in options and result files: <c>random</c> or <c>least-likely</c>.</summary>
    public static string Word(this TargetChoice choice) => choice == TargetChoice.RandomOther ? "random" : "least-likely";
}
