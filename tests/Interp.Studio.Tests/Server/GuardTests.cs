using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Xunit;

namespace Interp.Studio.Tests.Server;

/// <summary>Who is answered: this machine's own pages, and nobody else.</summary>
[Collection(StudioTests.Name)]
public sealed class GuardTests(StudioFixture fixture)
{
    private readonly WorldStudio studio = fixture.Studio;

    private int Port => studio.Address.Port;

    [Fact]
    public void Only_the_loopback_address_is_listened_on()
    {
        Assert.Equal("127.0.0.1", studio.Address.Host);
        var open = System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(listener => listener.Port == Port);
        Assert.All(open, listener => Assert.Equal(IPAddress.Loopback, listener.Address));
    }

    [Theory]
    [InlineData("127.0.0.1:{port}", 200)]
    [InlineData("localhost:{port}", 200)]
    [InlineData("LOCALHOST:{port}", 200)]
    [InlineData("[::1]:{port}", 200)]
    [InlineData("localhost", 200)]
    [InlineData("localhost:1", 421)]
    [InlineData("studio.example:{port}", 421)]
    [InlineData("127.0.0.1.studio.example:{port}", 421)]
    [InlineData("localhost.studio.example", 421)]
    [InlineData("0.0.0.0:{port}", 421)]
    [InlineData("192.168.1.2:{port}", 421)]
    public async Task A_host_is_a_name_of_this_machine_and_its_port(string host, int status)
    {
        foreach (var target in (string[])["/api/v1/health", "/"])
        {
            var (found, text) = await RawRequest.Get(studio.Address, target, $"Host: {host.Replace("{port}", Port.ToString())}");
            Assert.Equal(status, found);
            Assert.Equal(status != 200, text.Contains("\"error\""));
        }
    }

    [Fact]
    public async Task A_foreign_host_is_told_every_name_that_is_answered()
    {
        var (_, text) = await RawRequest.Get(studio.Address, "/", "Host: studio.example");
        Assert.Contains($"127.0.0.1:{Port}, localhost:{Port} and [::1]:{Port}", text);
    }

    [Theory]
    [InlineData("/api")]
    [InlineData("/api/v1/health")]
    [InlineData("/api/v1/features/3")]
    [InlineData("/api/v1/features?limit=3")]
    [InlineData("/")]
    public async Task What_is_got_can_be_asked_for_its_head(string path)
    {
        var whole = await studio.Client.GetAsync(path);
        var head = await studio.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(whole.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        Assert.NotEmpty(await whole.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData(2_000)]
    [InlineData(40_000)]
    public async Task Too_many_words_are_refused_in_a_sentence(int length)
    {
        var (status, body) = await studio.Get("search?q=" + new string('a', length));
        Assert.Equal(400, status);
        Assert.Equal($"q is {length} characters long; give from 1 to 1000.", (string)body["error"]!);
    }

    [Theory]
    [InlineData("Host: a", "Host: b")]
    [InlineData("Host:")]
    [InlineData]
    public async Task A_request_without_one_host_is_refused(params string[] hosts)
    {
        var (status, text) = await RawRequest.Get(studio.Address, "/api/v1/health", hosts);
        Assert.InRange(status, 400, 499);
        Assert.Contains("{\"error\":\"", text);
    }

    [Theory]
    [InlineData("http://127.0.0.1:{port}", 200)]
    [InlineData("http://localhost:{port}", 403)]
    [InlineData("https://127.0.0.1:{port}", 403)]
    [InlineData("http://127.0.0.1:1", 403)]
    [InlineData("http://127.0.0.1", 403)]
    [InlineData("http://studio.example", 403)]
    [InlineData("null", 403)]
    public async Task An_origin_is_the_page_s_own(string origin, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tokens") { Content = WorldStudio.Json("""{"text":"a"}""") };
        request.Headers.Add("Origin", origin.Replace("{port}", Port.ToString()));
        var response = await studio.Client.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("cross-site", "no-cors", 403)]
    [InlineData("same-site", "cors", 403)]
    [InlineData("same-origin", "cors", 200)]
    [InlineData("none", "navigate", 200)]
    [InlineData("cross-site", "navigate", 200)]
    public async Task A_script_of_another_site_is_refused_and_a_link_to_the_studio_is_not(string site, string mode, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/features/3");
        request.Headers.Add("Sec-Fetch-Site", site);
        request.Headers.Add("Sec-Fetch-Mode", mode);
        Assert.Equal(status, (int)(await studio.Client.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/index.html")]
    [InlineData("/api")]
    [InlineData("/api/v1/health")]
    [InlineData("/api/v1/features/100000000")]
    [InlineData("/nothing")]
    public async Task Every_answer_forbids_what_the_pages_do_not_need(string path)
    {
        var headers = (await studio.Client.GetAsync(path)).Headers;
        var policy = headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy);
        Assert.Contains("script-src 'self'", policy);
        Assert.Contains("base-uri 'none'", policy);
        Assert.Contains("form-action 'none'", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.DoesNotContain("unsafe", policy);
        Assert.DoesNotContain("http", policy);
        Assert.Equal("nosniff", headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("same-origin", headers.GetValues("Cross-Origin-Opener-Policy").Single());
        Assert.Equal("same-origin", headers.GetValues("Cross-Origin-Resource-Policy").Single());
        Assert.False(headers.Contains("Server"));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData(null)]
    public async Task A_body_is_said_to_be_json(string? type)
    {
        using var content = new ByteArrayContent("""{"text":"a"}"""u8.ToArray());
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        var (status, body) = await WorldStudio.Read(await studio.Client.PostAsync("/api/v1/tokens", content));
        Assert.Equal(415, status);
        Sentence(body);
    }

    [Theory]
    [InlineData("/../../../../etc/passwd")]
    [InlineData("/..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/..\\..\\etc\\passwd")]
    [InlineData("//etc/passwd")]
    [InlineData("/index.html%00.css")]
    [InlineData("/wwwroot/index.html")]
    [InlineData("/Interp.Studio.dll")]
    [InlineData("/api/v1/experiments/..%2F..%2Fassets")]
    [InlineData("/api/v1/experiments/%2E%2E/report")]
    [InlineData("/api/v1/experiments/diff?a=..%2Fresults%2Fdemo&b=demo")]
    [InlineData("/api/v1/experiments/diff?a=demo&b=%2Fetc")]
    [InlineData("/api/v1/features/../../../etc/passwd")]
    [InlineData("/api/v1/nothing")]
    [InlineData("/api/v2/health")]
    public async Task No_path_leads_out_of_what_is_served(string target)
    {
        var (status, text) = await RawRequest.Get(studio.Address, target, $"Host: localhost:{Port}");
        Assert.InRange(status, 400, 404);
        Assert.DoesNotContain("root:", text);
        Assert.DoesNotContain(WorldStudio.Root, text);
    }

    [Theory]
    [InlineData("GET", "analyze", 405)]
    [InlineData("DELETE", "features/3", 405)]
    [InlineData("PUT", "health", 405)]
    [InlineData("GET", "nothing", 404)]
    [InlineData("POST", "nothing", 404)]
    public async Task A_wrong_method_or_address_is_told_in_a_sentence(string method, string path, int status)
    {
        var (found, body) = await WorldStudio.Read(await studio.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/api/v1/" + path)));
        Assert.Equal(status, found);
        Sentence(body);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ten_megabytes_of_text_are_refused(bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tokens") { Content = WorldStudio.Json($$"""{"text":"{{new string('a', 10 << 20)}}"}""") };
        request.Headers.TransferEncodingChunked = chunked;
        var (status, body) = await WorldStudio.Read(await studio.Client.SendAsync(request));
        Assert.Equal(413, status);
        Sentence(body);
    }

    /// <summary>What the server refuses before there is a request, also behind one that it served on the same connection.</summary>
    [Theory]
    [InlineData("GET /api/v1/features/3%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "well-formed")]
    [InlineData("GET /api/v1/health\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "well-formed")]
    [InlineData("GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nno header\r\n\r\n", 400, "well-formed")]
    [InlineData("GET /api/v1/search?q={long} HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, "64 KiB")]
    [InlineData("GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nA: {long}\r\n\r\n", 431, "headers")]
    [InlineData("GET /api/v1/health HTTP/3.7\r\nHost: localhost\r\n\r\n", 505, "HTTP/1.1")]
    public async Task What_the_server_refuses_by_itself_is_told_in_a_sentence(string request, int status, string words)
    {
        foreach (var before in (string[])["", "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"])
        {
            var (_, text) = await RawRequest.Send(studio.Address, before + request.Replace("{long}", new string('a', 70_000)));
            var answer = text[text.IndexOf($"HTTP/1.1 {status} ", StringComparison.Ordinal)..];
            var (headers, body) = (answer[..answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)], answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
            Assert.Contains("Content-Type: application/json", headers);
            Assert.Contains($"Content-Length: {body.Length}", headers);
            Assert.Contains("Connection: close", headers);
            Sentence(JsonNode.Parse(body)!);
            Assert.Contains(words, body);
        }
    }

    private static void Sentence(JsonNode body)
    {
        var (name, error) = Assert.Single(body.AsObject());
        Assert.Equal("error", name);
        Assert.EndsWith(".", (string)error!);
        Assert.DoesNotContain("Exception", (string)error!);
        Assert.DoesNotContain("   at ", (string)error!);
    }
}
