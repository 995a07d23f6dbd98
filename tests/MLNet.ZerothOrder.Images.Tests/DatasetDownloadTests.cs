using System.Formats.Tar;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class DatasetDownloadTests : IDisposable
{
    private const int Half = 5_000;
    private readonly TempFolder _folder = new();
    private readonly LoopbackServer _server = new();
    private readonly byte[] _content = new byte[20_000];
    private readonly byte[] _zipped;
    private readonly List<DownloadProgress> _progress = [];

    public DatasetDownloadTests()
    {
        new Random(5).NextBytes(_content);
        _zipped = TempFolder.Gzip(_content);
        _server.Files["set/a.gz"] = _zipped;
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_whole_file_arrives_with_progress_and_leaves_no_part()
    {
        (await Run()).ShouldBe(_folder.Path);
        File.ReadAllBytes(_folder.At("a.gz")).ShouldBe(_zipped);
        FilesThere().ShouldBe(["a.gz"]);
        _progress[0].ShouldBe(new DownloadProgress("a.gz", 0, _zipped.Length));
        _progress[^1].ShouldBe(new DownloadProgress("a.gz", _zipped.Length, _zipped.Length));
    }

    [Fact]
    public async Task What_is_there_already_is_not_fetched_again()
    {
        await Run();
        await Run();
        _server.Requests.Count.ShouldBe(1);
        File.Delete(_folder.At("a.gz"));
        _folder.Write("a", _content);
        await Run();
        _server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_file_of_other_content_in_the_way_is_named_and_kept()
    {
        _folder.Write("a", "something else");
        (await Refusal()).ShouldContain(_folder.At("a"));
        File.ReadAllText(_folder.At("a")).ShouldBe("something else");
        _server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cut_connection_leaves_a_part_from_which_the_next_run_goes_on()
    {
        _server.CutsAfter = Half;
        string message = await Refusal();
        message.ShouldContain("a.gz of set");
        message.ShouldContain($"broke after byte {Half}");
        message.ShouldContain(_server.Address.Authority);
        message.ShouldContain("name their folder");
        FilesThere().ShouldBe(["a.gz.part"]);
        new FileInfo(_folder.At("a.gz.part")).Length.ShouldBe(Half);

        _server.CutsAfter = null;
        await Run();
        _server.Requests.ShouldBe(["set/a.gz", $"set/a.gz from {Half}"]);
        File.ReadAllBytes(_folder.At("a.gz")).ShouldBe(_zipped);
        FilesThere().ShouldBe(["a.gz"]);
        _progress.Select(p => p.Bytes).ShouldContain(Half);
        _progress[^1].ShouldBe(new DownloadProgress("a.gz", _zipped.Length, _zipped.Length));
    }

    [Fact]
    public async Task A_server_that_ignores_ranges_starts_over()
    {
        _folder.Write("a.gz.part", _zipped.AsSpan(0, Half));
        _server.IgnoresRanges = true;
        await Run();
        _server.Requests.ShouldBe([$"set/a.gz from {Half}"]);
        File.ReadAllBytes(_folder.At("a.gz")).ShouldBe(_zipped);
    }

    [Fact]
    public async Task A_part_that_is_already_whole_is_taken()
    {
        _folder.Write("a.gz.part", _zipped);
        await Run();
        FilesThere().ShouldBe(["a.gz"]);
    }

    [Fact]
    public async Task A_part_of_something_else_is_thrown_away_and_all_fetched_anew()
    {
        _folder.Write("a.gz.part", new byte[Half]);
        await Run();
        _server.Requests.ShouldBe([$"set/a.gz from {Half}", "set/a.gz"]);
        File.ReadAllBytes(_folder.At("a.gz")).ShouldBe(_zipped);
    }

    [Theory]
    [InlineData(0, "SHA-256")]
    [InlineData(1, "ends after 19999")]
    [InlineData(2, "is longer than a")]
    [InlineData(3, "ends after 13")]
    [InlineData(4, "is damaged")]
    public async Task Wrong_content_is_refused_and_nothing_of_it_kept(int kind, string part)
    {
        _server.Files["set/a.gz"] = kind switch
        {
            0 => TempFolder.Gzip([(byte)(_content[0] + 1), .. _content[1..]]),
            1 => TempFolder.Gzip(_content.AsSpan(1)),
            2 => TempFolder.Gzip([.. _content, 0]),
            3 => "<html></html>"u8.ToArray(),
            _ => _zipped[..^20],
        };
        (await Refusal()).ShouldContain(part);
        FilesThere().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_next_mirror_is_tried_where_one_fails()
    {
        await Run(new Uri(_server.Address, "gone/"), new Uri(_server.Address, "set/"));
        _server.Requests.ShouldBe(["gone/a.gz", "set/a.gz"]);
        FilesThere().ShouldBe(["a.gz"]);
    }

    [Fact]
    public async Task When_all_mirrors_fail_each_ones_reason_is_given()
    {
        string message = await Refusal(new Uri(_server.Address, "gone/"), ClosedAddress());
        message.ShouldContain("answered 404 (NotFound) for /gone/a.gz");
        message.ShouldContain("cannot be reached");
        message.ShouldContain(ClosedAddress().Host);
        message.ShouldContain("name their folder");
        FilesThere().ShouldBeEmpty();
    }

    [Fact]
    public async Task Cancelling_keeps_what_has_arrived()
    {
        _server.StopsAfter = Half;
        using var cancel = new CancellationTokenSource();
        var canceller = new Callback(p =>
        {
            if (p.Bytes == Half)
            {
                cancel.Cancel();
            }
        });
        await Should.ThrowAsync<OperationCanceledException>(() => DatasetDownload.RunAsync(Source(new Uri(_server.Address, "set/")), _folder.Path, canceller, cancel.Token));
        new FileInfo(_folder.At("a.gz.part")).Length.ShouldBe(Half);
        FilesThere().ShouldBe(["a.gz.part"]);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named()
    {
        string file = _folder.Write("file", "x");
        InputException e = await Should.ThrowAsync<InputException>(
            () => DatasetDownload.RunAsync(Source(), Path.Combine(file, "set"), null, default));
        e.Message.ShouldContain(file);
        e.Message.ShouldContain("cannot be written");
    }

    [Fact]
    public async Task An_unknown_data_set_is_refused() =>
        (await Should.ThrowAsync<InputException>(() => DatasetDownload.RunAsync("imagenet"))).Message.ShouldContain("mnist or cifar10");

    [Fact]
    public async Task An_archive_is_unpacked_without_following_its_paths()
    {
        DatasetSource source = Serve(Archive(
            ("../../evil", [1]), ("batches/readme.html", [2]), ("batches/b.bin", _content), ("/tmp/../../a.bin", _content[..100])));
        (await DatasetDownload.RunAsync(source, _folder.At("sub/set"), null, default)).ShouldBe(_folder.At("sub/set"));
        File.ReadAllBytes(_folder.At("sub/set/a.bin")).ShouldBe(_content[..100]);
        File.ReadAllBytes(_folder.At("sub/set/b.bin")).ShouldBe(_content);
        Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Length.ShouldBe(2);
        await DatasetDownload.RunAsync(source, _folder.At("sub/set"), null, default);
        _server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_archive_goes_on_from_its_part()
    {
        byte[] archive = Archive(("a.bin", _content[..100]), ("b.bin", _content));
        DatasetSource source = Serve(archive);
        _folder.Write("set.tar.gz.part", archive.AsSpan(0, Half));
        await DatasetDownload.RunAsync(source, _folder.Path, null, default);
        _server.Requests.ShouldBe([$"set/set.tar.gz from {Half}"]);
        FilesThere().ShouldBe(["a.bin", "b.bin"]);
    }

    [Fact]
    public async Task An_archive_with_another_sum_is_not_unpacked()
    {
        byte[] archive = Archive(("a.bin", _content[..100]), ("b.bin", _content));
        DatasetSource source = Serve(archive);
        archive[Half] ^= 1;
        (await ArchiveRefusal(source)).ShouldContain("SHA-256");
        _server.Files["set/set.tar.gz"] = [.. archive, 0];
        (await ArchiveRefusal(source)).ShouldContain($"offers {archive.Length + 1} bytes");
        FilesThere().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_archive_without_a_file_or_with_a_wrong_one_changes_nothing()
    {
        (await ArchiveRefusal(Serve(Archive(("batches/b.bin", _content))))).ShouldContain("lacks a.bin");
        (await ArchiveRefusal(Serve(Archive(("a.bin", _content[..100]), ("b.bin", _content[1..]))))).ShouldContain("holds a b.bin that ends after 19999");
        (await ArchiveRefusal(Serve("no archive"u8.ToArray()))).ShouldContain("is damaged");
        FilesThere().ShouldBeEmpty();
    }

    [Fact]
    public void An_archive_cut_anywhere_is_refused_or_whole_and_never_crashes()
    {
        byte[] archive = Archive(("a.bin", _content[..100]), ("b.bin", _content));
        DatasetSource source = Serve(archive);
        for (int length = 0; length < archive.Length; length += length < 200 ? 1 : 197)
        {
            string path = _folder.Write("cut", archive.AsSpan(0, length));
            DatasetArchive.Unpack(path, _folder.Path, source.Files, default).ShouldNotBeNull($"cut at {length} of {archive.Length}");
            FilesThere().ShouldBe(["cut"]);
        }
    }

    [Fact]
    public void A_damaged_archive_never_crashes()
    {
        byte[] tar = Tar(("a.bin", _content[..100]), ("b.bin", _content[..200]));
        DatasetSource source = Serve(tar);
        var random = new Random(3);
        for (int round = 0; round < 200; round++)
        {
            byte[] damaged = [.. tar];
            for (int i = 0; i < 3; i++)
            {
                damaged[random.Next(round % 2 == 0 ? 1024 : damaged.Length)] = (byte)random.Next(256);
            }

            string? problem = DatasetArchive.Unpack(_folder.Write("damaged", TempFolder.Gzip(damaged)), _folder.Path, source.Files, default);
            problem.ShouldNotBeNull();
        }
    }

    [Fact]
    public void The_known_data_sets_have_a_sum_and_a_secure_address_for_every_file()
    {
        foreach (DatasetSource source in new[] { DatasetSource.Mnist, DatasetSource.Cifar10 })
        {
            source.Files.Select(file => file.Sha256).Distinct().Count().ShouldBe(source.Files.Count);
            source.Files.ShouldAllBe(file => file.Sha256.Length == 64 && file.Sha256.All(char.IsAsciiHexDigitLower));
            source.Mirrors.ShouldAllBe(mirror => mirror.Scheme == "https" && mirror.AbsolutePath.EndsWith('/'));
        }
    }

    [SkippableFact]
    public void The_true_files_have_the_known_sums()
    {
        string? data = Environment.GetEnvironmentVariable(Datasets.FolderVariable);
        Skip.If(string.IsNullOrEmpty(data), $"{Datasets.FolderVariable} names no folder of data sets");
        foreach (DatasetSource source in new[] { DatasetSource.Mnist, DatasetSource.Cifar10 })
        {
            foreach (DatasetFile file in source.Files)
            {
                if (Datasets.Find(Path.Combine(data, source.Name), file.Name) is { } path)
                {
                    DatasetCheck.Problem(path, file, default).ShouldBeNull();
                }
            }
        }
    }

    private static DatasetFile Described(string name, byte[] content) =>
        new(name, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));

    private static byte[] Tar(params (string Name, byte[] Content)[] entries)
    {
        using var content = new MemoryStream();
        using (var tar = new TarWriter(content, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in entries)
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
            }
        }

        return content.ToArray();
    }

    private static byte[] Archive(params (string Name, byte[] Content)[] entries) => TempFolder.Gzip(Tar(entries));

    private static Uri ClosedAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
    }

    private DatasetSource Source(params Uri[] mirrors) =>
        new("set", mirrors.Length > 0 ? mirrors : [new Uri(_server.Address, "set/")], null, [Described("a", _content)]);

    private DatasetSource Serve(byte[] archive)
    {
        _server.Files["set/set.tar.gz"] = archive;
        return new(
            "set", [new Uri(_server.Address, "set/")], Described("set.tar.gz", archive), [Described("a.bin", _content[..100]), Described("b.bin", _content)]);
    }

    private Task<string> Run(params Uri[] mirrors) =>
        DatasetDownload.RunAsync(Source(mirrors), _folder.Path, new Callback(_progress.Add), default);

    private async Task<string> Refusal(params Uri[] mirrors) => (await Should.ThrowAsync<InputException>(() => Run(mirrors))).Message;

    private async Task<string> ArchiveRefusal(DatasetSource source) =>
        (await Should.ThrowAsync<InputException>(() => DatasetDownload.RunAsync(source, _folder.Path, null, default))).Message;

    private string[] FilesThere() => [.. Directory.GetFiles(_folder.Path).Select(path => Path.GetFileName(path)).Order()];

    private sealed class Callback(Action<DownloadProgress> act) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => act(value);
    }
}
