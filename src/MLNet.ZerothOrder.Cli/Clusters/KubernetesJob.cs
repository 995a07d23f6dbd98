using System.Text.Json;

namespace MLNet.ZerothOrder.Cli;

/// <summary>A Job of Kubernetes as YAML, each of whose pods runs a shard.</summary>
/// <param name="Name">The name of the Job.</param>
/// <param name="Image">The container image.</param>
/// <param name="Args">The command line, without <c>--shard</c>.</param>
/// <param name="Shards">The number of shards; null for a single pod that runs the command as it is.</param>
/// <param name="Parallelism">The most pods at a time.</param>
/// <param name="Claim">The persistent volume claim of the shared volume.</param>
/// <param name="MountPath">Where the volume is mounted.</param>
internal sealed record KubernetesJob(string Name, string Image, IReadOnlyList<string> Args, int? Shards, int Parallelism, string Claim, string MountPath)
{
    // A shard whose pods fail again and again, such as for lack of memory, ends.
    private const int MostRestarts = 20;

    /// <summary>The GPUs of a pod; 0 for none.</summary>
    public int Gpus { get; init; }

    /// <summary>The CPUs of a pod as Kubernetes writes them; null for no request.</summary>
    public string? Cpu { get; init; }

    /// <summary>The memory of a pod as Kubernetes writes it; null for no request.</summary>
    public string? Memory { get; init; }

    /// <summary>The manifest.</summary>
    public string ToYaml()
    {
        string[] args = [.. Args, .. Shards is { } shards ? ["--shard", $"{Shard.Auto}/{shards}"] : Array.Empty<string>()];
        string indexed = Shards is { } count ? $"""

              completionMode: Indexed
              completions: {count}
              parallelism: {Math.Min(Parallelism, count)}
              backoffLimitPerIndex: {MostRestarts}
            """ : $"""

              backoffLimit: {MostRestarts}
            """;
        string[] requests = [.. Cpu is null ? [] : new[] { $"cpu: {Quoted(Cpu)}" }, .. Memory is null ? [] : new[] { $"memory: {Quoted(Memory)}" }];
        string[] limits = [.. Memory is null ? [] : new[] { $"memory: {Quoted(Memory)}" }, .. Gpus == 0 ? [] : new[] { $"nvidia.com/gpu: {Gpus}" }];
        return $"""
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: {Quoted(Name)}
            spec:{indexed}
              podFailurePolicy:
                rules:
                # A pod that was preempted, or whose node was drained, is replaced without being counted.
                - action: Ignore
                  onPodConditions:
                  - type: DisruptionTarget
                    status: "True"
                # 2: wrong input, which stays wrong.
                - action: {(Shards is null ? "FailJob" : "FailIndex")}
                  onExitCodes:
                    containerName: zo
                    operator: In
                    values: [2]
              template:
                spec:
                  # A new pod resumes the shard from its checkpoint on the shared volume.
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 60
                  containers:
                  - name: zo
                    image: {Quoted(Image)}
                    args: [{string.Join(", ", args.Select(Quoted))}]
                    resources:
                      requests: {Map(requests)}
                      limits: {Map(limits)}
                    volumeMounts:
                    - name: shared
                      mountPath: {Quoted(MountPath)}
                  volumes:
                  - name: shared
                    persistentVolumeClaim:
                      claimName: {Quoted(Claim)}

            """.ReplaceLineEndings("\n");
    }

    // A JSON string is a YAML string.
    private static string Quoted(string text) => JsonSerializer.Serialize(text, Text.Default.String);

    private static string Map(string[] entries) => $"{{{string.Join(", ", entries)}}}";
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class Text : System.Text.Json.Serialization.JsonSerializerContext;
