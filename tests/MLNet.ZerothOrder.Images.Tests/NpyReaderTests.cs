using System.Buffers.Binary;
using System.Text;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class NpyReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _labels;

    public NpyReaderTests() => _labels = _folder.Write("labels.txt", "1\n0\n");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("|u1")]
    [InlineData("<f2")]
    [InlineData("<f4")]
    [InlineData("<f8")]
    public void Every_element_type_gives_the_same_pixels(string type)
    {
        // Quarters are exact in every type but uint8, where 0 and 255 are.
        float[] values = type == "|u1" ? [0, 1, 1, 0, 0, 0, 1, 1] : [0, 0.25f, 0.5f, 0.75f, 1, 0, 0.125f, 1];

        ImageSet set = Read(Npy(type, "(2, 2, 2)", values));

        set.Shape.ShouldBe(new ImageShape(1, 2, 2));
        set.Image(0).ToArray().ShouldBe(values[..4]);
        set.Image(1).ToArray().ShouldBe(values[4..]);
        set.Label(0).ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_version_of_the_header_is_read(int version) =>
        Read(Npy("<f4", "(2, 1, 1)", [0.5f, 1], version)).Image(0).Span[0].ShouldBe(0.5f);

    [Fact]
    public void Channels_may_come_first_or_last()
    {
        float[] pixels = [.. Enumerable.Range(0, 24).Select(i => i / 32f)];
        Read(Npy("<f4", "(2, 3, 2, 2)", pixels)).Image(1).ToArray().ShouldBe(pixels[12..]);

        ImageSet last = Read(Npy("<f4", "(2, 2, 2, 3)", pixels));
        last.Shape.ShouldBe(new ImageShape(3, 2, 2));
        last.Image(0).ToArray().ShouldBe(new[] { 0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11 }.Select(i => pixels[i]));
    }

    [Fact]
    public void Four_bands_are_read_where_neither_end_has_one_or_three()
    {
        float[] pixels = [.. Enumerable.Range(0, 32).Select(i => i / 32f)];
        Read(Npy("<f4", "(2, 2, 2, 4)", pixels)).Shape.ShouldBe(new ImageShape(4, 2, 2));
        Read(Npy("<f4", "(2, 2, 2, 4)", pixels)).Image(0).ToArray()[..4].ShouldBe([pixels[0], pixels[4], pixels[8], pixels[12]]);
        Read(Npy("<f4", "(2, 4, 2, 2)", pixels)).Image(1).ToArray().ShouldBe(pixels[16..]);
        Read(Npy("<f4", "(2, 4, 1, 3)", pixels[..24])).Shape.ShouldBe(new ImageShape(3, 4, 1));
        Read(Npy("<f4", "(2, 4, 1, 3)", pixels[..24]), new ImageShape(4, 1, 3)).Shape.ShouldBe(new ImageShape(4, 1, 3));
    }

    [Fact]
    public void Rounding_errors_outside_0_to_1_are_clipped_and_nothing_more()
    {
        Read(Npy("<f4", "(2, 1, 2)", [-1e-6f, MathF.BitIncrement(1), 0.5f, 1 - 1e-6f])).Image(0).ToArray().ShouldBe([0, 1]);
        Read(Npy("<f8", "(2, 1, 2)", [-3e-8f, 1, 0.5f, 0.25f])).Image(1).ToArray().ShouldBe([0.5f, 0.25f]);
        Refused.With(() => Read(Npy("<f4", "(2, 1, 2)", [0, 1.00001f, 0, 1])), "value 1 of image 0 is 1.00001", "numpy.clip");
    }

    [Fact]
    public void Values_up_to_16_are_told_from_bytes()
    {
        Refused.With(() => Read(Npy("<f8", "(2, 1, 2)", [0, 16, 3, 1])), "value 1 of image 0 is 16", "0..16", "divide them by 16");
        Refused.With(() => Read(Npy("<f4", "(2, 1, 2)", [0, 5, 3, 1])), "neither 0..1 nor 0..255");
    }

    [Fact]
    public void An_array_that_reads_both_ways_has_its_channels_first_unless_the_shape_says_otherwise()
    {
        float[] pixels = [.. Enumerable.Range(0, 12).Select(i => i / 16f)];
        byte[] npy = Npy("<f4", "(2, 1, 2, 3)", pixels);
        Read(npy).Shape.ShouldBe(new ImageShape(1, 2, 3));
        Read(npy, new ImageShape(3, 1, 2)).Image(0).ToArray().ShouldBe(new[] { 0, 3, 1, 4, 2, 5 }.Select(i => pixels[i]));
    }

    [Fact]
    public void Rows_need_a_shape_that_they_fit()
    {
        byte[] npy = Npy("<f4", "(2, 4)", [0, 0.25f, 0.5f, 0.75f, 1, 0, 0, 1]);
        Read(npy, new ImageShape(1, 2, 2)).Image(0).ToArray().ShouldBe([0, 0.25f, 0.5f, 0.75f]);
        Refused.With(() => Read(npy), "(2, 4)", "1x28x28");
        Refused.With(() => Read(npy, new ImageShape(1, 28, 28)), "rows of 4 values", "1×28×28", "784");
    }

    [Theory]
    [InlineData("(8,)")]
    [InlineData("()")]
    [InlineData("(2, 2, 2, 1, 1)")]
    [InlineData("(2, 2, 2, 2)")]
    public void Other_shapes_are_refused_by_their_shape(string shape) => Refused.With(() => Read(Npy("<f4", shape, new float[8])), shape);

    [Fact]
    public void A_shape_other_than_the_wanted_one_is_refused() =>
        Refused.With(() => Read(Npy("<f4", "(2, 2, 2)", new float[8]), new ImageShape(3, 2, 2)), "(2, 2, 2)", "3×2×2");

    [Fact]
    public void Values_outside_0_to_1_are_refused_with_their_place_and_a_remedy()
    {
        Refused.With(() => Read(Npy("<f4", "(2, 1, 2)", [0, 1, 254, 3])), "value 0 of image 1 is 254", "divide them by 255");
        Refused.With(() => Read(Npy("<f8", "(2, 1, 2)", [0, -0.5f, 1, 1])), "value 1 of image 0 is -0.5", "(array + 1) / 2");
        Refused.With(() => Read(Npy("<f4", "(2, 1, 2)", [0, -2.5f, 3, 1])), "-2.5", "without normalization");
        Refused.With(() => Read(Npy("<f2", "(2, 1, 2)", [0, 0, float.NaN, 1])), "value 0 of image 1 is NaN");
        Refused.With(() => Read(Npy("<f4", "(2, 1, 2)", [0, 0, float.PositiveInfinity, 1])), "Infinity");
    }

    [Theory]
    [InlineData(">f4", "astype('<f4')")]
    [InlineData("<i8", "uint8")]
    [InlineData("|b1", "uint8")]
    [InlineData("|O", "uint8")]
    public void Other_element_types_are_refused_by_name(string type, string remedy) =>
        Refused.With(() => Read(Npy(type, "(2, 2, 2)", new float[8])), type, remedy);

    [Fact]
    public void Fortran_order_and_records_are_refused_with_a_remedy()
    {
        Refused.With(() => Read(WithHeader("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2, 2), }")), "Fortran", "ascontiguousarray");
        Refused.With(() => Read(WithHeader("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }")), "several fields");
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}")]
    [InlineData("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} extra")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}")]
    [InlineData("{'descr': '<f4, 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}")]
    public void A_damaged_header_is_refused(string header) => Refused.With(() => Read(WithHeader(header)), "header", "numpy.save");

    [Theory]
    [InlineData("(9223372036854775807, 28, 28)")]
    [InlineData("(2, 9223372036854775807, 9223372036854775807)")]
    [InlineData("(100000, 16384, 4096)")]
    [InlineData("(0, 2, 2)")]
    public void Absurd_sizes_are_refused_before_memory_is_taken(string shape)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused.With(() => Read(Npy("<f4", shape, new float[8])));
        Refused.With(() => Read(TempFolder.Gzip(Npy("<f4", shape, new float[8]))));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 22);
    }

    [Fact]
    public void Another_magic_version_or_header_length_is_refused()
    {
        byte[] npy = Npy("<f4", "(2, 1, 1)", [0, 1]);
        Refused.With(() => Read([0, .. npy[1..]]), "004E554D5059");
        Refused.With(() => Read([.. npy[..6], 9, .. npy[7..]]), "version 9.0");
        Refused.With(() => Read([.. npy[..6], 2, 0, 255, 255, 255, 255, .. npy[10..]]), "header of 4294967295 bytes");
        Refused.With(() => Read([.. npy, 0]), $"byte {npy.Length}");
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        Refused.AtEveryCut(_folder, Npy("<f4", "(2, 3, 2, 1)", new float[12]), path => NpyReader.Read(path, _labels));
        string images = _folder.Write("images", Npy("<f4", "(2, 1, 1)", [0, 1]));
        Refused.AtEveryCut(_folder, NpyLabels("<i4", 3, 1), path => NpyReader.Read(images, path));
    }

    [Theory]
    [InlineData("|u1")]
    [InlineData("|i1")]
    [InlineData("<u2")]
    [InlineData("<i2")]
    [InlineData("<u4")]
    [InlineData("<i4")]
    [InlineData("<u8")]
    [InlineData("<i8")]
    public void Labels_may_be_integers_of_any_size(string type) =>
        Labels.Read(_folder.Write("labels.npy", NpyLabels(type, 7, 0, 100)), 3).ShouldBe([7, 0, 100]);

    [Fact]
    public void Labels_that_are_no_class_indices_are_refused_with_their_place()
    {
        Refused.With(() => Labels.Read(_folder.Write("l.npy", NpyLabels("<i4", 1, -2)), 2), "label 1 is -2");
        Refused.With(() => Labels.Read(_folder.Write("l.npy", NpyLabels("<i8", 1L << 40)), 1), "label 0 is 1099511627776");
        Refused.With(() => Labels.Read(_folder.Write("l.npy", Npy("<f4", "(2,)", [1, 2])), 2), "<f4", "astype('<i4')");
        Refused.With(() => Labels.Read(_folder.Write("l.npy", NpyLabels("<i4", 1, 2, 3)), 2), "3 labels for 2 images");
        Refused.With(() => Labels.Read(_folder.Write("l.npy", WithHeader("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 2), }")), 2), "(2, 2)", "(N,)");
    }

    internal static byte[] Npy(string type, string shape, float[] values, int version = 1)
    {
        using var data = new MemoryStream();
        Span<byte> element = stackalloc byte[8];
        foreach (float value in values)
        {
            switch (type)
            {
                case "|u1":
                    data.WriteByte((byte)(value * 255));
                    break;
                case "<f2":
                    BinaryPrimitives.WriteHalfLittleEndian(element, (Half)value);
                    data.Write(element[..2]);
                    break;
                case "<f8":
                    BinaryPrimitives.WriteDoubleLittleEndian(element, value);
                    data.Write(element);
                    break;
                default:
                    BinaryPrimitives.WriteSingleLittleEndian(element, value);
                    data.Write(element[..4]);
                    break;
            }
        }

        return [.. Header($"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}", version), .. data.ToArray()];
    }

    internal static byte[] NpyLabels(string type, params long[] labels)
    {
        int size = type[2] - '0';
        using var data = new MemoryStream();
        Span<byte> element = stackalloc byte[8];
        foreach (long label in labels)
        {
            BinaryPrimitives.WriteInt64LittleEndian(element, label);
            data.Write(element[..size]);
        }

        return [.. Header($"{{'descr': '{type}', 'fortran_order': False, 'shape': ({labels.Length},), }}", 1), .. data.ToArray()];
    }

    private static byte[] WithHeader(string header) => [.. Header(header, 1), .. new byte[32]];

    private static byte[] Header(string header, int version)
    {
        byte[] text = Encoding.Latin1.GetBytes(header + "   \n");
        byte[] length = new byte[version == 1 ? 2 : 4];
        length[0] = (byte)text.Length;
        length[1] = (byte)(text.Length >> 8);
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. text];
    }

    private ImageSet Read(byte[] npy, ImageShape? shape = null) => NpyReader.Read(_folder.Write("images.npy", npy), _labels, shape);
}
