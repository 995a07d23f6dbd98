using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>
/// The throughput of ONNX Runtime alone on a model, with calls over pre-bound tensors: the reference for benchmarks.
/// </summary>
/// <param name="Callers">The number of threads that call the model at the same time.</param>
/// <param name="IntraOpThreads">The number of ONNX Runtime's own threads per call.</param>
/// <param name="Spinning">Whether those threads wait by spinning.</param>
/// <param name="Rows">Rows per call.</param>
/// <param name="RowsPerSecond">Rows scored per second, over all callers.</param>
public sealed record OnnxThroughput(int Callers, int IntraOpThreads, bool Spinning, int Rows, double RowsPerSecond)
{
    /// <summary>The processor time of a row, in seconds of one processor, over all threads of the process; 0 before a measurement. A busy machine changes it less than the rows per second.</summary>
    public double ProcessorSecondsPerRow { get; init; }

    /// <summary>The settings to compare: one caller with one or all threads, spinning or not, or one caller per core; a few batch sizes each.</summary>
    /// <param name="cores">The number of processors to use.</param>
    /// <param name="rows">The batch sizes to try.</param>
    public static IReadOnlyList<OnnxThroughput> Grid(int cores, IReadOnlyList<int> rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cores);
        ArgumentNullException.ThrowIfNull(rows);
        (int Callers, int Threads, bool Spinning)[] threads = cores == 1
            ? [(1, 1, false)] : [(1, 1, false), (1, cores, false), (1, cores, true), (cores, 1, false), (cores, cores, false)];
        return [.. threads.SelectMany(_ => rows, (t, n) => new OnnxThroughput(t.Callers, t.Threads, t.Spinning, n, 0))];
    }

    /// <summary>Measures these settings on the model as its file is, in its own number format and with its last activation. Inputs without images are zeros.</summary>
    /// <param name="info">The model.</param>
    /// <param name="time">The duration of the measurement, after a warm-up.</param>
    /// <param name="cancellation">Cancels the measurement.</param>
    public OnnxThroughput Measure(OnnxClassifierInfo info, TimeSpan time, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(info);
        OnnxEnvironment.Open();
        using var options = new SessionOptions
        {
            IntraOpNumThreads = IntraOpThreads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", Spinning ? "1" : "0");
        using var session = new InferenceSession(info.Path, options);
        var callers = new Caller[Callers];
        for (int i = 0; i < Callers; i++)
        {
            callers[i] = new Caller(session, info, Rows);
        }

        try
        {
            // All callers start together and stay under load, because a caller alone on the machine would seem too fast.
            using var begin = new Barrier(Callers);
            using var measured = new CountdownEvent(Callers);
            var threads = callers.Select(caller => new Thread(() => caller.Run(time, begin, measured, cancellation))).ToArray();
            foreach (Thread thread in threads)
            {
                thread.Start();
            }

            foreach (Thread thread in threads)
            {
                thread.Join();
            }

            cancellation.ThrowIfCancellationRequested();
            double rate = callers.Sum(c => c.RowsPerSecond);
            return this with { RowsPerSecond = rate, ProcessorSecondsPerRow = callers[0].ProcessorsInUse / rate };
        }
        finally
        {
            foreach (Caller caller in callers)
            {
                caller.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Callers} caller{(Callers == 1 ? "" : "s")} × {IntraOpThreads} thread{(IntraOpThreads == 1 ? "" : "s")}{(Spinning ? ", spinning" : "")}, {Rows} rows per call: {RowsPerSecond:N0} rows/s");

    private sealed class Caller : IDisposable
    {
        private const int WarmUp = 3;

        private readonly InferenceSession _session;
        private readonly List<OrtValue> _inputs = [];
        private readonly OrtIoBinding _binding;
        private readonly RunOptions _options = new();
        private readonly int _rows;

        public Caller(InferenceSession session, OnnxClassifierInfo info, int rows)
        {
            _session = session;
            _rows = rows;
            _binding = session.CreateIoBinding();
            foreach ((string name, NodeMetadata input) in session.InputMetadata)
            {
                _inputs.Add(name == info.Input ? Pixels(info, rows) : Zeros(input));
                _binding.BindInput(name, _inputs[^1]);
            }

            _binding.BindOutputToDevice(info.Output, OrtMemoryInfo.DefaultInstance);
        }

        public double RowsPerSecond { get; private set; }

        /// <summary>The processor time of the process during this caller's measurement, by its duration.</summary>
        public double ProcessorsInUse { get; private set; }

        public void Run(TimeSpan time, Barrier begin, CountdownEvent measured, CancellationToken cancellation)
        {
            for (int i = 0; i < WarmUp; i++)
            {
                _session.RunWithBinding(_options, _binding);
            }

            begin.SignalAndWait(CancellationToken.None);
            long rows = 0;
            long from = Stopwatch.GetTimestamp();
            TimeSpan before = Environment.CpuUsage.TotalTime;
            while (Stopwatch.GetElapsedTime(from) < time && !cancellation.IsCancellationRequested)
            {
                _session.RunWithBinding(_options, _binding);
                rows += _rows;
            }

            double seconds = Stopwatch.GetElapsedTime(from).TotalSeconds;
            RowsPerSecond = rows / seconds;
            ProcessorsInUse = (Environment.CpuUsage.TotalTime - before).TotalSeconds / seconds;
            measured.Signal();
            while (!measured.IsSet && !cancellation.IsCancellationRequested)
            {
                _session.RunWithBinding(_options, _binding);
            }
        }

        public void Dispose()
        {
            _binding.Dispose();
            _inputs.ForEach(input => input.Dispose());
            _options.Dispose();
        }

        private static OrtValue Pixels(OnnxClassifierInfo info, int rows)
        {
            float[] pixels = [.. Enumerable.Range(0, rows * info.Image.Length).Select(i => i % 7 / 7f)];
            var buffer = new TensorBuffer(info.InputType, pixels.Length);
            buffer.Write(0, pixels);
            return buffer.Tensor(info.InputDims(rows));
        }

        private static OrtValue Zeros(NodeMetadata input) => OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, input.ElementDataType, [.. input.Dimensions.Select(dim => (long)Math.Max(1, dim))]);
    }
}
