namespace MLNet.ZerothOrder;

/// <summary>The first questions to a model, which show its number of classes and whether scores depend on the packing of rows.</summary>
internal sealed class Probe(IModelProtocol protocol, RequestInput input, RemoteOptions options, AnswerPlacer placer, int mostRows, int? fixedRows, CancellationToken cancellation)
{
    private readonly RequestQueue _queue = new((request, token) => AskAsync(protocol, placer, request, input, token), options, RequestQueue.IsWorthWaiting) { MostRows = mostRows };
    private long _id;

    /// <summary>The rows that were asked.</summary>
    public int Queries { get; private set; }

    /// <summary>The scores of some images.</summary>
    public async Task<float[][]> AskAsync(float[][] images)
    {
        var scores = new List<float[]>();
        for (int from = 0; from < images.Length; from += mostRows)
        {
            scores.AddRange(await OneAsync(images[from..Math.Min(images.Length, from + mostRows)], fixedRows ?? 1).ConfigureAwait(false));
        }

        return [.. scores];
    }

    /// <summary>Asks for an image alone and beside itself, as ONNX Runtime computes a lone row in another way.</summary>
    /// <param name="image">The image.</param>
    /// <param name="packed">Its scores beside other images.</param>
    public async Task<ProbedRows> PackingAsync(float[] image, float[] packed)
    {
        float[] lone = (await OneAsync([image], 1).ConfigureAwait(false))[0];
        if (lone.AsSpan().SequenceEqual(packed))
        {
            return new ProbedRows(1, null);
        }

        float[] doubled = (await OneAsync([image], 2).ConfigureAwait(false))[0];
        return doubled.AsSpan().SequenceEqual(packed) ? new ProbedRows(2, null)
            : new ProbedRows(1, doubled.Zip(packed, (a, b) => Math.Abs(a - b)).Max());
    }

    private static async Task AskAsync(IModelProtocol protocol, AnswerPlacer placer, RowRequest request, RequestInput input, CancellationToken cancellation)
    {
        ModelAnswer answer = await protocol.AskAsync(request, input, cancellation).ConfigureAwait(false);
        placer.Learn(answer);
        ((ProbeBatch)request.Asked[0].Call.Batch).Place(answer, placer, request);
    }

    private async Task<float[][]> OneAsync(float[][] images, int least)
    {
        using var batch = new ProbeBatch(images.Length, images[0].Length);
        batch.Rows = images.Length;
        for (int i = 0; i < images.Length; i++)
        {
            images[i].CopyTo(batch.Input(i));
        }

        batch.ClearAnswers();
        var call = new RowCall(batch, null, cancellation);
        Queries += images.Length;
        await _queue.AskAsync(new RowRequest([.. Enumerable.Range(0, images.Length).Select(row => (call, row))], Math.Max(0, least - images.Length), --_id, cancellation)).ConfigureAwait(false);
        return batch.Found!;
    }

    // The number of classes is not known yet. Its one score stands for the finite ones that were found.
    private sealed class ProbeBatch(int rows, int inputLength) : QueryBatch(rows, inputLength, 1)
    {
        public float[][]? Found { get; private set; }

        public void Place(ModelAnswer answer, AnswerPlacer placer, RowRequest request)
        {
            var found = new float[request.Rows][];
            for (int row = 0; row < found.Length; row++)
            {
                placer.Place(answer, row, found[row] = new float[placer.Classes]);
                request.Scores(row)[0] = Array.TrueForAll(found[row], float.IsFinite) ? 0 : float.NaN;
            }

            Found = found;
        }
    }
}
