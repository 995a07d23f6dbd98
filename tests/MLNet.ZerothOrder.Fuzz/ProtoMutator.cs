namespace MLNet.ZerothOrder.Fuzz;

/// <summary>Changes one field of a protobuf message, at any depth, and sets the lengths of all that hold it right; so that it is read.</summary>
internal static class ProtoMutator
{
    private static readonly ulong[] Varints = [0, 1, 7, 255, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, long.MaxValue, ulong.MaxValue];

    /// <summary>The bytes with one field changed; the bytes themselves where they are no message.</summary>
    public static byte[] Mutate(byte[] message, Random random)
    {
        if (Fields(message) is not { Count: > 0 } fields)
        {
            return message;
        }

        int index = random.Next(fields.Count);
        Field field = fields[index];

        // Down into a message in four of five cases, so that changes are not all at the top.
        if (field.Payload is { Length: > 0 } && random.Next(5) > 0 && Fields(field.Payload) is { Count: > 0 })
        {
            fields[index] = field with { Payload = Mutate(field.Payload, random) };
            return Bytes(fields);
        }

        Field other = fields[random.Next(fields.Count)];
        switch (random.Next(7))
        {
            case 0:
                fields.RemoveAt(index);
                break;
            case 1:
                fields.Insert(index, other);
                break;
            case 2:
                fields[index] = field with { Number = 1 + random.Next(26) };
                break;
            case 3:
                fields[index] = field with { Number = other.Number };
                break;
            case 4 when field.Payload is { Length: > 0 } payload:
                fields[index] = field with { Payload = payload[..random.Next(payload.Length)] };
                break;
            case 5 when field.Payload is { Length: > 0 } payload:
                byte[] changed = [.. payload];
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
                fields[index] = field with { Payload = changed };
                break;
            default:
                fields[index] = field.Payload is not null && other.Payload is not null ? field with { Payload = other.Payload }
                    : field with { Payload = null, Fixed = null, Varint = Varints[random.Next(Varints.Length)] };
                break;
        }

        return Bytes(fields);
    }

    private static List<Field>? Fields(byte[] message)
    {
        var fields = new List<Field>();
        int at = 0;
        while (at < message.Length)
        {
            if (!Varint(message, ref at, out ulong tag) || tag >> 3 is 0 or > int.MaxValue)
            {
                return null;
            }

            int number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0 when Varint(message, ref at, out ulong value):
                    fields.Add(new Field(number, value, null, null));
                    break;
                case 1 or 5 when message.Length - at >= ((tag & 7) == 1 ? 8 : 4):
                    int size = (tag & 7) == 1 ? 8 : 4;
                    fields.Add(new Field(number, 0, message[at..(at + size)], null));
                    at += size;
                    break;
                case 2 when Varint(message, ref at, out ulong length) && length <= (ulong)(message.Length - at):
                    fields.Add(new Field(number, 0, null, message[at..(at + (int)length)]));
                    at += (int)length;
                    break;
                default:
                    return null;
            }
        }

        return fields;
    }

    private static byte[] Bytes(List<Field> fields)
    {
        var bytes = new List<byte>();
        foreach (Field field in fields)
        {
            ulong number = (ulong)field.Number << 3;
            if (field.Payload is { } payload)
            {
                Write(bytes, number | 2);
                Write(bytes, (ulong)payload.Length);
                bytes.AddRange(payload);
            }
            else if (field.Fixed is { } @fixed)
            {
                Write(bytes, number | (@fixed.Length == 8 ? 1u : 5u));
                bytes.AddRange(@fixed);
            }
            else
            {
                Write(bytes, number);
                Write(bytes, field.Varint);
            }
        }

        return [.. bytes];
    }

    private static bool Varint(byte[] message, ref int at, out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 64 && at < message.Length; shift += 7)
        {
            byte next = message[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    private static void Write(List<byte> bytes, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
    }

    private sealed record Field(int Number, ulong Varint, byte[]? Fixed, byte[]? Payload);
}
