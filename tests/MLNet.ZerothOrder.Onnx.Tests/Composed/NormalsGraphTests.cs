using Microsoft.ML.OnnxRuntime;
using MLNet.ZerothOrder.Numerics;
using MLNet.ZerothOrder.OnnxSchema;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public class NormalsGraphTests
{
    private const int Problems = 3;

    private static readonly RandomKey[] Keys = [.. Enumerable.Range(1, Problems).Select(seed => RandomKey.FromSeed(seed))];

    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(18)]
    public void The_graphs_words_are_the_hashs_bit_for_bit(int opset)
    {
        const int blocks = 70;
        uint[] words = Run<uint>(opset, DataType.Uint32, (scope, low, high) => NormalsGraph.AddWords(scope, low, high, blocks));

        words.Length.ShouldBe(Problems * blocks * 1024);
        for (int i = 0; i < words.Length; i++)
        {
            int count = words.Length / Problems;
            words[i].ShouldBe(Word(CounterRandom.NormalWords(Keys[i / count]), (uint)(i % count)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(15_680)]
    [InlineData(100_003)]
    public void The_graphs_normals_are_the_engines_up_to_rounding(int count)
    {
        float[] numbers = Run<float>(13, DataType.Float, (scope, low, high) => NormalsGraph.Add(scope, low, high, count));

        numbers.Length.ShouldBe(Problems * count);
        var expected = new float[count];
        for (int problem = 0; problem < Problems; problem++)
        {
            CounterRandom.Normals(Keys[problem], expected);
            for (int i = 0; i < count; i++)
            {
                numbers[(problem * count) + i].ShouldBe(expected[i], 2e-6 * Math.Max(1, Math.Abs(expected[i])));
            }
        }
    }

    // DrawKernel's hash, written out once more.
    private static uint Word(ulong key, uint counter)
    {
        unchecked
        {
            uint x = counter ^ (uint)key;
            x = (x ^ (x >> 17)) * 0xED5AD4BB;
            uint y = (x ^ (x >> 11)) + (uint)(key >> 32);
            y *= 0xAC4C1B51;
            y = (y ^ (y >> 15)) * 0x31848BAB;
            return (y ^ (y >> 14)) + x;
        }
    }

    private static T[] Run<T>(int opset, DataType type, Func<GraphScope, string, string, string> add)
        where T : unmanaged
    {
        var builder = new GraphBuilder("normals");
        var scope = new GraphScope(builder, "", opset);
        string result = add(scope, "low", "high");
        builder.Graph.Input.Add(GraphBuilder.Value(DataType.Uint32, "low", "P", 1));
        builder.Graph.Input.Add(GraphBuilder.Value(DataType.Uint32, "high", "P", 1));
        builder.Graph.Output.Add(new ValueInfo { Name = result, Type = new ValueKind { TensorType = new TensorType { ElemType = type } } });
        Model model = GraphBuilder.Model(builder.Graph);
        model.OpsetImport[0].Version = opset;
        OnnxEnvironment.Open();
        using SessionOptions options = OnnxSession.Options();
        using var session = new InferenceSession(Fields.Write(model), options);
        ulong[] words = [.. Keys.Select(CounterRandom.NormalWords)];
        using OrtValue low = OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(words, w => (uint)w), [Problems, 1]);
        using OrtValue high = OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(words, w => (uint)(w >> 32)), [Problems, 1]);
        using var runOptions = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(runOptions, ["low", "high"], [low, high], [result]);
        return results[0].GetTensorDataAsSpan<T>().ToArray();
    }
}
