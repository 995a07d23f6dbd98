using System.Buffers;
using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>
/// A program as a model. A request is a line of JSON, <c>{"id": 1, "shape": [3, 1, 28, 28], "datatype": "FP32"}</c>, and then the float32 values, little endian. The answer is a line,
/// <c>{"id": 1, "shape": [3, 10], "datatype": "FP32"}</c>, and then the values; or <c>{"id": 1, "labels": ["cat", …]}</c>; or <c>{"id": 1, "error": "why"}</c>. The program ends when its input does.
/// Each process answers one request at a time.
/// </summary>
internal sealed class ExecProgram : IModelProtocol
{
    private const int LongestLine = 1 << 20;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly string[] _command;
    private readonly ConcurrentBag<Running> _idle = [];
    private readonly ConcurrentDictionary<Running, bool> _all = [];
    private volatile bool _hasAnswered;

    /// <exception cref="InputException">No program is named.</exception>
    public ExecProgram(string command)
    {
        _command = Split(command);
        if (_command.Length == 0)
        {
            throw new InputException("exec: names no program; give one such as \"exec:python3 my_model.py\".") { Argument = "Model" };
        }
    }

    public Task<ModelDeclaration> DescribeAsync(CancellationToken cancellation)
    {
        _idle.Add(Start());
        return Task.FromResult(new ModelDeclaration { Protocol = "frames on standard streams", Name = string.Join(' ', _command), Picture = "float32 arrays" });
    }

    public async Task<ModelAnswer> AskAsync(RowRequest request, RequestInput input, CancellationToken cancellation)
    {
        Running? program = null;
        while (_idle.TryTake(out program) && program.Process.HasExited)
        {
            End(program);
        }

        program ??= Start();
        bool isWhole = false;
        try
        {
            ModelAnswer answer = await AskAsync(program, request, input, cancellation).ConfigureAwait(false);
            isWhole = _hasAnswered = true;
            return answer;
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new RequestFailure($"The program {_command[0]} {(program.HasEnded() ? $"ended with code {program.Process.ExitCode}" : "gave an answer that breaks its rules")} ({program.LastError ?? e.Message.TrimEnd('.')}).", isTransient: true, e) { IsAbsent = !_hasAnswered };
        }
        finally
        {
            if (isWhole)
            {
                _idle.Add(program);
            }
            else
            {
                // Its streams may hold the rest of this request.
                End(program);
            }
        }
    }

    public void Dispose()
    {
        foreach (Running program in _all.Keys)
        {
            End(program);
        }
    }

    /// <summary>Splits a command line at spaces outside of quotation marks.</summary>
    internal static string[] Split(string command)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        char quote = '\0';
        bool isWord = false;
        foreach (char c in command)
        {
            if (quote != '\0' ? c == quote : c is '"' or '\'')
            {
                quote = quote == '\0' ? c : '\0';
                isWord = true;
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (isWord)
                {
                    words.Add(word.ToString());
                }

                word.Clear();
                isWord = false;
            }
            else
            {
                word.Append(c);
                isWord = true;
            }
        }

        return isWord ? [.. words, word.ToString()] : [.. words];
    }

    private static async Task<ModelAnswer> AskAsync(Running program, RowRequest request, RequestInput input, CancellationToken cancellation)
    {
        long[] dims = input.Axes.Dims(request.SentRows);
        string id = request.Id.ToString(CultureInfo.InvariantCulture);
        byte[] head = Encoding.ASCII.GetBytes($$"""{"id": {{id}}, "shape": [{{string.Join(", ", dims)}}], "datatype": "FP32"}""" + "\n");
        int bytes = request.SentRows * input.Pixels.RowBytes;
        var message = new byte[head.Length + bytes];
        head.CopyTo(message, 0);
        input.Write(request, message.AsSpan(head.Length));
        using CancellationTokenRegistration kill = cancellation.UnsafeRegister(static running => ((Running)running!).Kill(), program);
        try
        {
            // The answer is read while the request is written, so that neither side waits for the other with a full pipe.
            Task writing = WriteAsync(program.Process.StandardInput.BaseStream, message, cancellation);
            using JsonDocument line = JsonText.Parse(await program.ReadLineAsync(LongestLine, cancellation).ConfigureAwait(false));
            JsonElement answer = line.RootElement;
            if (answer.TryGetProperty("error", out JsonElement error))
            {
                throw new RequestFailure($"The program says: {JsonText.Shorten(error.ToString())}.", isTransient: false);
            }

            if (answer.TryGetProperty("id", out JsonElement answered) && answered.ToString() != id)
            {
                throw RequestFailure.Broken($"belongs to request {answered}, not to {id}");
            }

            ModelAnswer read;
            if (answer.TryGetProperty("labels", out JsonElement labels))
            {
                read = ModelAnswer.Of([.. labels.EnumerateArray().Select(label => label.ValueKind == JsonValueKind.Array ? label.EnumerateArray().Select(name => name.ToString()).ToArray() : [label.ToString()])], request.SentRows);
            }
            else
            {
                TensorType type = answer.TryGetProperty("datatype", out JsonElement datatype) ? TensorDeclaration.TypeOf("the answer", datatype.GetString() ?? "") : TensorType.FP32;
                int[] shape = [.. answer.GetProperty("shape").EnumerateArray().Select(dim => dim.GetInt32())];
                long length = shape.Aggregate((long)type.Size(), (product, dim) => product * Math.Max(dim, 0));
                if (length is <= 0 or > 1 << 28)
                {
                    throw RequestFailure.Broken($"has the shape [{string.Join(", ", shape)}]");
                }

                read = KServeHttp.FromBytes(await program.ReadAsync((int)length, cancellation).ConfigureAwait(false), type, shape, request.SentRows);
            }

            await writing.ConfigureAwait(false);
            return read;
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    private static async Task WriteAsync(Stream stream, byte[] message, CancellationToken cancellation)
    {
        await stream.WriteAsync(message, cancellation).ConfigureAwait(false);
        await stream.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private Running Start()
    {
        var start = new ProcessStartInfo(_command[0], _command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        try
        {
            var running = new Running(Process.Start(start)!);
            _all[running] = true;
            return running;
        }
        catch (Exception e) when (e is Win32Exception or IOException or InvalidOperationException)
        {
            throw new RequestFailure($"The program {_command[0]} cannot be started ({e.Message.TrimEnd('.')}); check its name.", isTransient: false, e);
        }
    }

    private void End(Running program)
    {
        if (_all.TryRemove(program, out _))
        {
            program.Dispose();
        }
    }

    private sealed class Running : IDisposable
    {
        private readonly byte[] _buffer = new byte[1 << 16];
        private int _start;
        private int _end;

        public Running(Process process)
        {
            Process = process;
            process.ErrorDataReceived += (_, line) => LastError = line.Data?.Trim() is { Length: > 0 } text ? text : LastError;
            process.BeginErrorReadLine();
        }

        public Process Process { get; }

        /// <summary>The last line on the program's error stream.</summary>
        public string? LastError { get; private set; }

        public void Kill()
        {
            try
            {
                Process.Kill(entireProcessTree: true);
            }
            catch (Exception e) when (e is InvalidOperationException or Win32Exception)
            {
                // It has ended by itself.
            }
        }

        /// <summary>Whether it has ended, or ends within a moment, as it does after it closed its output.</summary>
        public bool HasEnded() => Process.WaitForExit(Grace);

        public async Task<byte[]> ReadLineAsync(int longest, CancellationToken cancellation)
        {
            var line = new ArrayBufferWriter<byte>();
            while (true)
            {
                int found = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
                line.Write(_buffer.AsSpan(_start, found < 0 ? _end - _start : found));
                if (found >= 0)
                {
                    _start += found + 1;
                    return line.WrittenSpan.ToArray();
                }

                if (line.WrittenCount > longest)
                {
                    throw new IOException("the line of an answer is too long");
                }

                await FillAsync(cancellation).ConfigureAwait(false);
            }
        }

        public async Task<byte[]> ReadAsync(int length, CancellationToken cancellation)
        {
            var bytes = new byte[length];
            int have = 0;
            while (have < length)
            {
                if (_start == _end)
                {
                    await FillAsync(cancellation).ConfigureAwait(false);
                }

                int take = Math.Min(length - have, _end - _start);
                _buffer.AsSpan(_start, take).CopyTo(bytes.AsSpan(have));
                _start += take;
                have += take;
            }

            return bytes;
        }

        public void Dispose()
        {
            try
            {
                Process.StandardInput.Close();
            }
            catch (IOException)
            {
                // Its pipe is broken.
            }

            if (!Process.WaitForExit(Grace))
            {
                Kill();
            }

            Process.Dispose();
        }

        private async Task FillAsync(CancellationToken cancellation)
        {
            _start = 0;
            _end = await Process.StandardOutput.BaseStream.ReadAsync(_buffer, cancellation).ConfigureAwait(false);
            if (_end == 0)
            {
                throw new IOException("its output ended");
            }
        }
    }
}
