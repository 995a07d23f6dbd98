using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder.Training;

/// <summary>What a <see cref="PriorTraining"/> needs to resume bit for bit, and its file (<see cref="CheckpointEnvelope"/>).</summary>
internal sealed record PriorState(float[] Answers, float[] Weights, float[] BestWeights, float[] Moments, int Steps, IReadOnlyList<PriorPoint> Points)
{
    public void Write(string path, RunIdentity identity) => CheckpointEnvelope.Write(path, CheckpointKind.Prior, stream =>
    {
        using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        writer.Write(identity.Count);
        foreach ((string name, string value) in identity)
        {
            writer.Write(name);
            writer.Write(value);
        }

        foreach (float[] floats in (ReadOnlySpan<float[]>)[Answers, Weights, BestWeights, Moments])
        {
            writer.Write(floats.Length);
            writer.Write(MemoryMarshal.AsBytes<float>(floats));
        }

        writer.Write(Steps);
        writer.Write(Points.Count);
        foreach (PriorPoint point in Points)
        {
            writer.Write(point.Epoch);
            writer.Write(point.TrainingLoss);
            writer.Write(point.ValidationLoss);
            writer.Write(point.Agreement);
            writer.Write(point.IsBest);
        }
    });

    /// <summary>Reads the checkpoint of a training with the same identity.</summary>
    /// <exception cref="InputException">The file is missing, no prior's checkpoint, damaged, or of another training.</exception>
    public static PriorState Read(string path, RunIdentity identity) => CheckpointEnvelope.Read(path, CheckpointKind.Prior, (stream, length) =>
    {
        try
        {
            using var reader = new BinaryReader(stream, System.Text.Encoding.UTF8, leaveOpen: true);
            var then = new RunIdentity();
            for (int count = reader.ReadInt32(); count > 0; count--)
            {
                then[reader.ReadString()] = reader.ReadString();
            }

            then.ThrowIfOther(identity, path);
            float[] answers = Floats(), weights = Floats(), best = Floats(), moments = Floats();
            int steps = reader.ReadInt32();
            var points = new PriorPoint[Size()];
            for (int i = 0; i < points.Length; i++)
            {
                points[i] = new PriorPoint(reader.ReadInt32(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadBoolean());
            }

            return new PriorState(answers, weights, best, moments, steps, points);

            int Size() => reader.ReadInt32() is var size && size >= 0 && size <= length ? size : throw new EndOfStreamException();

            float[] Floats()
            {
                var floats = new float[Size()];
                stream.ReadExactly(MemoryMarshal.AsBytes(floats.AsSpan()));
                return floats;
            }
        }
        catch (EndOfStreamException e)
        {
            throw new InputException($"Checkpoint {path} is damaged; remove it and start again.", e);
        }
    });
}
