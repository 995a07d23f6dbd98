using System.Buffers.Binary;

namespace MLNet.ZerothOrder.Fuzz;

/// <summary>Changes valid files in one to four ways; the same seed and number give the same change.</summary>
internal static class Mutator
{
    private const int Largest = 1 << 18;
    private static readonly ulong[] Numbers = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x10_0000, long.MaxValue, ulong.MaxValue];
    private static readonly string[] Texts = ["-1", "99999999999999999999", "1e999", "NaN", "null", "{}", "[]", "\"\"", "true", "0.1", "../../x", "/etc/passwd", "\\u0000", "2147483648", "{", "[[[[[[[["];

    /// <summary>The choices of one input: the same in every process.</summary>
    public static Random Random(long seed, int number) => new((int)RandomKey.FromSeed(seed).Derive((ulong)number).Value);

    public static byte[] Mutate(Target target, Random random)
    {
        byte[] seed = target.Seeds[random.Next(target.Seeds.Count)];
        byte[] bytes = seed;
        int changes = 1 + random.Next(4);
        if (target.IsJson && random.Next(4) > 0)
        {
            return JsonMutator.Mutate(seed, random, changes);
        }

        for (int n = changes; n > 0; n--)
        {
            bytes = target.IsProtobuf && random.Next(2) == 0 ? ProtoMutator.Mutate(bytes, random) : Once(bytes, target, random);
        }

        if (bytes.Length > Largest)
        {
            bytes = bytes[..Largest];
        }

        if (bytes.Length < target.Magic)
        {
            bytes = [.. bytes, .. seed.AsSpan(bytes.Length, target.Magic - bytes.Length)];
        }

        seed.AsSpan(0, target.Magic).CopyTo(bytes.AsSpan());
        return target.Mend is not null && random.Next(8) > 0 ? target.Mend(bytes) : bytes;
    }

    private static byte[] Once(byte[] bytes, Target target, Random random)
    {
        byte[] copy = [.. bytes];
        int at = random.Next(copy.Length + 1);

        // Headers hold the lengths: half of all changes go there.
        if (random.Next(2) == 0)
        {
            at = random.Next(Math.Min(copy.Length, 64) + 1);
        }

        int length = 1 + random.Next(random.Next(2) == 0 ? 4 : 200);
        int end = Math.Min(copy.Length, at + length);
        switch (random.Next(9))
        {
            case 0 when at < copy.Length:
                copy[at] ^= (byte)(1 << random.Next(8));
                return copy;
            case 1 when at < copy.Length:
                copy[at] = (byte)random.Next(256);
                return copy;
            case 2:
                return Number(copy, at, random);
            case 3:
                return copy[..at];
            case 4:
                return [.. copy.AsSpan(0, at), .. copy.AsSpan(end)];
            case 5:
                return [.. copy.AsSpan(0, end), .. copy.AsSpan(at)];
            case 6:
                byte[] other = target.Seeds[random.Next(target.Seeds.Count)];
                int from = random.Next(other.Length);
                return [.. copy.AsSpan(0, at), .. other.AsSpan(from, Math.Min(length, other.Length - from)), .. copy.AsSpan(end)];
            case 7:
                return Word(copy, at, random);
            default:
                random.NextBytes(copy.AsSpan(at, end - at));
                return copy;
        }
    }

    private static byte[] Number(byte[] bytes, int at, Random random)
    {
        ulong value = Numbers[random.Next(Numbers.Length)] + (ulong)random.Next(-1, 2);
        Span<byte> word = stackalloc byte[8];
        int size = 1 << random.Next(4);
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, value);
            word = word[..size];
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(word, value);
            word = word[^size..];
        }

        word[..Math.Min(size, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
        return bytes;
    }

    // The word of letters and digits at a place becomes another one.
    private static byte[] Word(byte[] bytes, int at, Random random)
    {
        int start = at;
        while (start > 0 && IsWord(bytes[start - 1]))
        {
            start--;
        }

        while (at < bytes.Length && IsWord(bytes[at]))
        {
            at++;
        }

        return [.. bytes.AsSpan(0, start), .. System.Text.Encoding.ASCII.GetBytes(Texts[random.Next(Texts.Length)]), .. bytes.AsSpan(at)];
    }

    private static bool IsWord(byte b) => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'.' or (byte)'-';
}
