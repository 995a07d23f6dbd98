using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace MLNet.ZerothOrder;

/// <summary>The Open Inference Protocol (KServe v2) over gRPC. Its few messages are written and read by hand, so that a tensor is copied once and the build needs no compiler of protocols.</summary>
internal sealed class KServeGrpc : IModelProtocol
{
    private const string Service = "inference.GRPCInferenceService";
    private const int LargestMessage = 1 << 28;

    private static readonly Method<byte[], byte[]> Metadata = Method("ModelMetadata"), Config = Method("ModelConfig"), Infer = Method("ModelInfer");

    private readonly HttpTransport _transport;
    private readonly GrpcChannel _channel;
    private readonly CallInvoker _invoker;
    private readonly Metadata _headers = [];
    private readonly RemoteOptions _options;
    private readonly string _place;
    private readonly string _name;
    private readonly string _version;
    private ModelDeclaration? _declared;

    /// <param name="address">The address, <c>grpc(s)://HOST:PORT/NAME</c> with or without <c>/VERSION</c>.</param>
    /// <param name="options">The options.</param>
    public KServeGrpc(Uri address, RemoteOptions options)
    {
        string[] parts = address.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is not (1 or 2))
        {
            throw new InputException($"The address {address.OriginalString} names no model; give one such as grpc://HOST:8001/NAME, or grpc://HOST:8001/NAME/VERSION.") { Argument = "Model" };
        }

        _options = options;
        _place = $"{address.Scheme}://{address.Authority}";
        _name = Uri.UnescapeDataString(parts[0]);
        _version = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";
        _transport = new HttpTransport(options, _place);
        foreach ((string name, string value) in _transport.Headers)
        {
            _headers.Add(name.ToLowerInvariant(), value);
        }

        _channel = GrpcChannel.ForAddress(
            new Uri($"{(address.Scheme == "grpcs" ? "https" : "http")}://{address.Authority}"),
            new GrpcChannelOptions { HttpHandler = _transport.Handler, MaxReceiveMessageSize = LargestMessage, MaxSendMessageSize = LargestMessage });
        _invoker = _channel.CreateCallInvoker();
    }

    public async Task<ModelDeclaration> DescribeAsync(CancellationToken cancellation)
    {
        byte[] asked = Message(output =>
        {
            Write(output, 1, _name);
            Write(output, 2, _version);
        });
        byte[] answer = await CallAsync(Metadata, asked, cancellation).ConfigureAwait(false);
        List<TensorDeclaration> inputs = [], outputs = [];
        string version = _version;
        Read(answer, (field, _, input) =>
        {
            switch (field)
            {
                case 2:
                    version = input.ReadString();
                    break;
                case 4:
                    inputs.Add(Tensor(input.ReadBytes()).Declaration);
                    break;
                case 5:
                    outputs.Add(Tensor(input.ReadBytes()).Declaration);
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        });
        return _declared = new ModelDeclaration
        {
            Protocol = "the Open Inference Protocol over gRPC",
            Name = _name,
            Version = version,
            Input = TensorDeclaration.InputOf(_name, inputs),
            Output = TensorDeclaration.OutputOf(_name, outputs, _options.Output),
            MostRows = await MostRowsAsync(asked, cancellation).ConfigureAwait(false),
        };
    }

    public async Task<ModelAnswer> AskAsync(RowRequest request, RequestInput input, CancellationToken cancellation)
    {
        ModelDeclaration declared = _declared!;
        string id = request.Id.ToString(CultureInfo.InvariantCulture);
        int bytes = request.SentRows * input.Pixels.RowBytes;
        byte[] head = Message(output =>
        {
            Write(output, 1, _name);
            Write(output, 2, _version);
            Write(output, 3, id);
            Write(output, 5, ByteString.CopyFrom(Message(tensor =>
            {
                Write(tensor, 1, declared.Input!.Name);
                Write(tensor, 2, declared.Input.Type.ToString());
                foreach (long dim in input.Axes.Dims(request.SentRows))
                {
                    tensor.WriteTag(3, WireFormat.WireType.Varint);
                    tensor.WriteInt64(dim);
                }
            })));
            Write(output, 6, ByteString.CopyFrom(Message(tensor => Write(tensor, 1, declared.Output!.Name))));
            output.WriteTag(7, WireFormat.WireType.LengthDelimited);
            output.WriteLength(bytes);
        });
        var message = new byte[head.Length + bytes];
        head.CopyTo(message, 0);
        input.Write(request, message.AsSpan(head.Length));
        byte[] answer = await CallAsync(Infer, message, cancellation).ConfigureAwait(false);
        return Answer(answer, declared.Output!, request.SentRows, id);
    }

    public void Dispose()
    {
        _channel.Dispose();
        _transport.Dispose();
    }

    private static Method<byte[], byte[]> Method(string name)
    {
        var bytes = Marshallers.Create<byte[]>((message, context) => context.Complete(message), context => context.PayloadAsNewBuffer());
        return new Method<byte[], byte[]>(MethodType.Unary, Service, name, bytes, bytes);
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
        {
            write(output);
        }

        return memory.ToArray();
    }

    private static void Write(CodedOutputStream output, int field, string text)
    {
        if (text.Length > 0)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteString(text);
        }
    }

    private static void Write(CodedOutputStream output, int field, ByteString bytes)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(bytes);
    }

    private static void Read(byte[] message, Action<int, WireFormat.WireType, CodedInputStream> field)
    {
        try
        {
            using var input = new CodedInputStream(message);
            for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
            {
                field(WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag), input);
            }
        }
        catch (InvalidProtocolBufferException e)
        {
            throw RequestFailure.Broken("is not one of the Open Inference Protocol", e);
        }
    }

    // A tensor's name, format, shape and, in some servers, its values.
    private static (TensorDeclaration Declaration, float[]? Values, List<string>? Texts) Tensor(ByteString bytes)
    {
        string name = "", type = "";
        var dims = new List<int>();
        List<float>? values = null;
        List<string>? texts = null;
        Read(bytes.ToByteArray(), (field, wire, input) =>
        {
            switch (field)
            {
                case 1:
                    name = input.ReadString();
                    break;
                case 2:
                    type = input.ReadString();
                    break;
                case 3:
                    Repeated(input, wire, at => dims.Add((int)Math.Clamp(at.ReadInt64(), -1, int.MaxValue)));
                    break;
                case 5:
                    Read(input.ReadBytes().ToByteArray(), (kind, packing, contents) =>
                    {
                        values ??= [];
                        switch (kind)
                        {
                            case 2 or 3:
                                Repeated(contents, packing, at => values.Add(at.ReadInt64()));
                                break;
                            case 4 or 5:
                                Repeated(contents, packing, at => values.Add(at.ReadUInt64()));
                                break;
                            case 6:
                                Repeated(contents, packing, at => values.Add(at.ReadFloat()));
                                break;
                            case 7:
                                Repeated(contents, packing, at => values.Add((float)at.ReadDouble()));
                                break;
                            case 8:
                                (texts ??= []).Add(contents.ReadBytes().ToStringUtf8());
                                break;
                            default:
                                contents.SkipLastField();
                                break;
                        }
                    });
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        });
        return (new TensorDeclaration(name, TensorDeclaration.TypeOf(name, type), [.. dims.Select(dim => dim <= 0 ? -1 : dim)]), values?.ToArray(), texts);
    }

    // Numbers come packed or one by one.
    private static void Repeated(CodedInputStream input, WireFormat.WireType wire, Action<CodedInputStream> read)
    {
        if (wire != WireFormat.WireType.LengthDelimited)
        {
            read(input);
            return;
        }

        using CodedInputStream packed = input.ReadBytes().CreateCodedInput();
        while (!packed.IsAtEnd)
        {
            read(packed);
        }
    }

    private static ModelAnswer Answer(byte[] message, TensorDeclaration output, int rows, string id)
    {
        string answered = "";
        var tensors = new List<(TensorDeclaration Declaration, float[]? Values, List<string>? Texts)>();
        var raw = new List<ByteString>();
        Read(message, (field, _, input) =>
        {
            switch (field)
            {
                case 3:
                    answered = input.ReadString();
                    break;
                case 5:
                    tensors.Add(Tensor(input.ReadBytes()));
                    break;
                case 6:
                    raw.Add(input.ReadBytes());
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        });
        if (answered.Length > 0 && answered != id)
        {
            throw RequestFailure.Broken($"belongs to request {JsonText.Shorten(answered)}, not to {id}");
        }

        int at = tensors.FindIndex(tensor => tensor.Declaration.Name == output.Name);
        if (at < 0)
        {
            throw RequestFailure.Broken($"has no output '{output.Name}'");
        }

        (TensorDeclaration declared, float[]? values, List<string>? texts) = tensors[at];
        return at < raw.Count ? KServeHttp.FromBytes(raw[at].Span, declared.Type, declared.Dims, rows)
            : texts is not null ? KServeHttp.Labels([.. texts], declared.Dims, rows)
            : values is not null && values.Length == declared.Dims.Aggregate(1L, (product, dim) => product * dim) ? KServeHttp.Answer(values, declared.Type, declared.Dims, rows)
            : throw RequestFailure.Broken($"has {values?.Length ?? 0} numbers for the shape {declared.ShapeText}");
    }

    // The limit of rows is Triton's extension.
    private async Task<int?> MostRowsAsync(byte[] asked, CancellationToken cancellation)
    {
        int most = 0;
        try
        {
            Read(await CallAsync(Config, asked, cancellation).ConfigureAwait(false), (field, _, input) =>
            {
                if (field != 1)
                {
                    input.SkipLastField();
                    return;
                }

                Read(input.ReadBytes().ToByteArray(), (inner, _, config) =>
                {
                    if (inner == 4)
                    {
                        most = config.ReadInt32();
                    }
                    else
                    {
                        config.SkipLastField();
                    }
                });
            });
        }
        catch (RequestFailure e) when (!e.IsTransient)
        {
            return null;
        }

        return most > 0 ? most : null;
    }

    private async Task<byte[]> CallAsync(Method<byte[], byte[]> method, byte[] message, CancellationToken cancellation)
    {
        try
        {
            using AsyncUnaryCall<byte[]> call = _invoker.AsyncUnaryCall(method, null, new CallOptions(_headers, cancellationToken: cancellation), message);
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            cancellation.ThrowIfCancellationRequested();
            throw Failure(e);
        }
    }

    private RequestFailure Failure(RpcException e)
    {
        if (e is { StatusCode: StatusCode.Unavailable or StatusCode.Internal, Status.DebugException: HttpRequestException or IOException or System.Net.Sockets.SocketException })
        {
            return _transport.Failed(e.Status.DebugException);
        }

        string said = e.Status.Detail.ReplaceLineEndings(" ").TrimEnd('.');
        said = said.Length > 200 ? said[..200] + "…" : said;
        return e.StatusCode switch
        {
            StatusCode.Unauthenticated or StatusCode.PermissionDenied => new RequestFailure(
                $"{_place} refuses access ({said}); {(_headers.Count == 0 ? "give a token in a header, such as 'Authorization: Bearer env:TOKEN'" : "check the token in the environment variable of the header")}.", isTransient: false, e) { Argument = nameof(RemoteOptions.Headers) },
            StatusCode.NotFound => new RequestFailure($"{_place} has no model '{_name}'{(_version.Length > 0 ? $" of version {_version}" : "")} ({said}); check the address.", isTransient: false, e),
            StatusCode.Unimplemented => new RequestFailure($"{_place} does not speak the Open Inference Protocol over gRPC ({said}); check the address.", isTransient: false, e),
            StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.Internal or StatusCode.Unknown or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.DataLoss =>
                new RequestFailure($"{_place} failed ({e.StatusCode}: {said}).", isTransient: true, e)
                {
                    IsOverload = e.StatusCode is StatusCode.ResourceExhausted or StatusCode.Unavailable,
                    IsAbsent = said.Contains("Bad gRPC response", StringComparison.Ordinal),
                    RetryAfter = e.Trailers.GetValue("grpc-retry-pushback-ms") is { } wait && int.TryParse(wait, NumberStyles.None, CultureInfo.InvariantCulture, out int milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null,
                },
            _ => new RequestFailure($"{_place} refuses the request ({e.StatusCode}: {said}).", isTransient: false, e),
        };
    }
}
