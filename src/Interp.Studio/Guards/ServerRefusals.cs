using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Interp.Studio.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Guards;

/// <summary>
/// Puts a sentence into the answers that the server gives by itself, to what is no request yet: it writes their headers at once, without a body and
/// without what <see cref="SecurityHeaders"/> adds. All other bytes pass as they are.
/// </summary>
internal static class ServerRefusals
{
    private const string NoBody = "Content-Length: 0\r\n";

    public static ConnectionDelegate Explain(ConnectionDelegate next) => connection =>
    {
        connection.Transport = new Duplex(connection.Transport.Input, new Writer(connection.Transport.Output));
        return next(connection);
    };

    /// <summary>The answer with a sentence; null when it is none of the server's own.</summary>
    private static byte[]? Explained(ReadOnlySpan<byte> answer)
    {
        if (!answer.StartsWith("HTTP/1.1 4"u8) && !answer.StartsWith("HTTP/1.1 5"u8))
            return null;
        var headers = Encoding.Latin1.GetString(answer);
        if (!headers.Contains(NoBody) || headers.Contains("Content-Security-Policy:"))
            return null;
        var body = JsonSerializer.Serialize(new Failure { Error = Sentence(headers.Substring("HTTP/1.1 ".Length, 3)) }, StudioJson.Options);
        return Encoding.UTF8.GetBytes(headers.Replace(NoBody, $"Content-Type: application/json; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n") + body);
    }

    private static string Sentence(string status) => status switch
    {
        "408" => Failures.NotWhole,
        "414" => $"The address is longer than {Limits.BufferBytes >> 10} KiB; send what is long in the body of a POST.",
        "431" => "The headers are longer than the studio reads; send fewer or shorter ones.",
        "505" => "The studio speaks HTTP/1.1; send the request in it.",
        _ => "The request is not well-formed HTTP; mend its address or its headers.",
    };

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class Writer(PipeWriter inner) : PipeWriter
    {
        private Memory<byte> room;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override Memory<byte> GetMemory(int sizeHint = 0) => room = inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes)
        {
            if (Explained(room.Span[..bytes]) is { } answer)
                inner.Write(answer);
            else
                inner.Advance(bytes);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }
}
