using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder;

/// <summary>The record of a problem that was read from a checkpoint.</summary>
/// <param name="content">The record; empty for a problem without a finished step.</param>
internal sealed class SavedRecord(byte[] content) : ISavedProblem
{
    public byte[] Content => content;

    public long Charged => content.Length == 0 ? 0 : MemoryMarshal.Read<long>(content);

    public void WriteTo(CheckpointWriter writer) => writer.Array<byte>(content);
}
