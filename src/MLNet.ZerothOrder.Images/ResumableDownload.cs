using System.Net;
using System.Net.Http.Headers;

namespace MLNet.ZerothOrder.Data;

/// <summary>Downloads one file and resumes an earlier download.</summary>
internal sealed class ResumableDownload(HttpClient client, IProgress<DownloadProgress>? progress)
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Fetches the missing bytes of <paramref name="part"/> from <paramref name="address"/>. If the server does not support ranges, the
    /// download starts over. Received bytes are always kept in <paramref name="part"/>.
    /// </summary>
    /// <returns>Null if the server has no more bytes; otherwise what went wrong.</returns>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    /// <exception cref="IOException">The part cannot be written.</exception>
    public async Task<string?> FetchAsync(Uri address, string part, long mostBytes, CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        string host = address.Authority;
        long have = new FileInfo(part) is { Exists: true } begun ? begun.Length : 0;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Range = have > 0 ? new RangeHeaderValue(have, null) : null;
            silence.CancelAfter(LongestSilence);
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            switch (response.StatusCode)
            {
                case HttpStatusCode.OK:
                    have = 0;
                    break;
                case HttpStatusCode.PartialContent when have > 0 && response.Content.Headers.ContentRange?.From == have:
                    break;
                case HttpStatusCode.RequestedRangeNotSatisfiable when have > 0:
                    // No bytes are missing: the file is complete or wrong. The check of its content decides.
                    return null;
                default:
                    return $"{host} answered {(int)response.StatusCode} ({response.StatusCode}) for {address.AbsolutePath}";
            }

            long? total = have + response.Content.Headers.ContentLength;
            if (total > mostBytes)
            {
                return $"{host} offers {total} bytes, but at most {mostBytes} are expected";
            }

            await using var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            file.SetLength(have);
            file.Position = have;
            await using Stream body = await response.Content.ReadAsStreamAsync(silence.Token);
            string name = Path.GetFileName(address.AbsolutePath);
            var buffer = new byte[1 << 17];
            while (true)
            {
                progress?.Report(new DownloadProgress(name, have, total));
                silence.CancelAfter(LongestSilence);
                int got;
                try
                {
                    got = await body.ReadAsync(buffer, silence.Token);
                }
                catch (IOException e)
                {
                    return $"the connection to {host} broke after byte {have} ({Reason(e)})";
                }

                if (got == 0)
                {
                    return null;
                }

                if (have + got > mostBytes)
                {
                    file.SetLength(0);
                    return $"{host} sent more than {mostBytes} bytes, the most that are expected";
                }

                await file.WriteAsync(buffer.AsMemory(0, got), cancellation);
                have += got;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"{host} was silent for {LongestSilence.TotalSeconds} s after byte {have}";
        }
        catch (HttpRequestException e)
        {
            return $"{host} cannot be reached ({Reason(e)})";
        }
    }

    private static string Reason(Exception e) => e.GetBaseException().Message.TrimEnd('.');
}
