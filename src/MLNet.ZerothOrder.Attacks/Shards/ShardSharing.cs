namespace MLNet.ZerothOrder;

/// <summary>What an attack on a shard did for the whole run, and what for its own images.</summary>
/// <param name="First">The first images of the whole run, on which μ and c were chosen.</param>
/// <param name="FirstLabels">Their classes, which the classifier tells of images without labels.</param>
/// <param name="SharedQueries">Queries that the whole run needs once: the choice of μ and c and of starts.</param>
/// <param name="OwnQueries">Queries outside the problems for the shard's own images.</param>
/// <param name="AnswersPerRow">The queries that each row cost.</param>
internal sealed record ShardSharing(IReadOnlyList<int> First, IReadOnlyList<int> FirstLabels, long SharedQueries, long OwnQueries, int AnswersPerRow);
