using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using ServeModel.Grpc;

namespace ServeModel;

/// <summary>The Open Inference Protocol over gRPC.</summary>
public sealed class GrpcInference(ServedModel model) : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) => Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) => Task.FromResult(new ServerReadyResponse { Ready = true });

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) => Task.FromResult(new ModelReadyResponse { Ready = request.Name == model.Name });

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        Find(request.Name);
        return Task.FromResult(new ModelMetadataResponse
        {
            Name = model.Name,
            Platform = "onnxruntime_onnx",
            Versions = { "1" },
            Inputs = { Declare(model.Input) },
            Outputs = { Declare(model.Output) },
        });
    }

    public override Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context)
    {
        Find(request.Name);
        return Task.FromResult(new ModelConfigResponse { Config = new ModelConfig { Name = model.Name, MaxBatchSize = model.MostRows } });
    }

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        Find(request.ModelName);
        ModelInferRequest.Types.InferInputTensor input = request.Inputs is [var only] && only.Name == model.Input.Name && only.Datatype == model.Input.Datatype ? only
            : throw new RpcException(new Status(StatusCode.InvalidArgument, $"the model takes one input '{model.Input.Name}' {model.Input.Datatype}"));
        try
        {
            float[] scores = await model.ScoreAsync([.. input.Shape], values => Read(request, input).CopyTo(values), context.CancellationToken);
            return new ModelInferResponse
            {
                ModelName = model.Name,
                ModelVersion = "1",
                Id = request.Id,
                Outputs = { new ModelInferResponse.Types.InferOutputTensor { Name = model.Output.Name, Datatype = model.Output.Datatype, Shape = { input.Shape[0], model.Classes } } },
                RawOutputContents = { ByteString.CopyFrom(MemoryMarshal.AsBytes(scores.AsSpan())) },
            };
        }
        catch (ArgumentException e)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, e.Message));
        }
    }

    private static ReadOnlySpan<float> Read(ModelInferRequest request, ModelInferRequest.Types.InferInputTensor input) =>
        request.RawInputContents.Count > 0 ? MemoryMarshal.Cast<byte, float>(request.RawInputContents[0].Span) : input.Contents.Fp32Contents.ToArray();

    private static ModelMetadataResponse.Types.TensorMetadata Declare(TensorInfo tensor) => new() { Name = tensor.Name, Datatype = tensor.Datatype, Shape = { tensor.Shape } };

    private void Find(string name)
    {
        if (name != model.Name)
        {
            throw new RpcException(new Status(StatusCode.NotFound, $"there is no model '{name}'"));
        }
    }
}
