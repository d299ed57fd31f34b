using System.Net.Sockets;
using System.Text;

namespace Interp.Studio.Tests;

/// <summary>Requests that no client library would send.</summary>
internal static class RawRequest
{
    /// <summary>Status and text of the answer to bytes; the connection is closed by the studio, or after the answer.</summary>
    public static async Task<(int Status, string Text)> Send(Uri address, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var text = await reader.ReadToEndAsync();
        return (int.Parse(text.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), text);
    }

    /// <summary>A GET with exactly these headers.</summary>
    public static Task<(int Status, string Text)> Get(Uri address, string target, params string[] headers) =>
        Send(address, $"GET {target} HTTP/1.1\r\n{string.Concat(headers.Select(header => header + "\r\n"))}Connection: close\r\n\r\n");
}
