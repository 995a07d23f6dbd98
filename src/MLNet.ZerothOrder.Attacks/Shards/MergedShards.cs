namespace MLNet.ZerothOrder;

/// <summary>The <c>shards.json</c> beside a merged result: what was merged.</summary>
/// <param name="Tool">Always <c>zo</c>.</param>
/// <param name="Shards">The shards, in order.</param>
internal sealed record MergedShards(string Tool, IReadOnlyList<MergedShards.Part> Shards)
{
    /// <summary>One shard.</summary>
    /// <param name="Shard">Its number and the number of all, such as <c>3/100</c>.</param>
    /// <param name="Folder">The folder that it was read from.</param>
    /// <param name="Machine">The machine that finished it.</param>
    /// <param name="Images">The images that it attacked.</param>
    /// <param name="Queries">The queries that it sent, with those outside the problems.</param>
    /// <param name="Seconds">The time that it took.</param>
    public sealed record Part(string Shard, string Folder, string Machine, int Images, long Queries, double Seconds);
}
