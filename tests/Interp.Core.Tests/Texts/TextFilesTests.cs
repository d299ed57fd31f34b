using System.IO.Compression;
using System.Text;
using Interp.Core.Tests.Tokenization;
using Interp.Runtime;
using Interp.Texts;
using Interp.Tokenization.Chat;
using Parquet;
using Parquet.Schema;
using Xunit;

namespace Interp.Core.Tests.Texts;

public class TextFilesTests
{
    private const string Lines = "{\"text\":\"one\",\"id\":\"a\"}\n\n{\"id\":7,\"text\":\"two\"}\n";
    private const string Template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}";
    private static readonly ChatTemplate Chat = new(Template, null, null, "x");
    private static readonly DocumentForm Messages = new() { Chat = new ChatRule(Chat, new ChatFields.MessageList("messages")) };
    private static readonly DocumentForm Columns = new() { Chat = new ChatRule(Chat, new ChatFields.PromptAndResponse("prompt", "response")) };

    public static TheoryData<string, string, string[]> Kinds => new()
    {
        { "d.jsonl", Lines, ["a one", "7 two"] },
        { "d.txt", "one\nline\n\n\ntwo\n", ["d.txt:1 one\nline", "d.txt:5 two"] },
        { "d.csv", "id,text\na,one\n7,two\n", ["a one", "7 two"] },
        { "d.csv", "text,n\r\n\"one, \"\"1\"\"\r\nline\",1\r\n\r\ntwo,2", ["d.csv:1 one, \"1\"\r\nline", "d.csv:2 two"] },
        { "d.tsv", "id\ttext\na\tone, more\n", ["a one, more"] },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_gives_its_documents_plain_and_compressed(string name, string content, string[] expected)
    {
        using var folder = new TemporaryFolder();
        var plain = folder.Write(name, content);
        using (var gzip = new GZipStream(File.Create(plain + ".gz"), CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(content));
        Assert.Equal(expected, TextFiles.Open(plain).Read().Select(document => $"{document.Id} {document.Text}"));
        Assert.Equal(expected.Select(line => line.Replace($"{name}:", $"{name}.gz:", StringComparison.Ordinal)),
            TextFiles.Open(plain + ".gz").Read().Select(document => $"{document.Id} {document.Text}"));
    }

    /// <summary>The file comes from another writer, that of Apache Arrow for Rust: three rows in two groups, Zstandard.</summary>
    [Fact]
    public void Parquet_gives_its_documents()
    {
        var file = Fixtures.Path("texts", "rows.parquet");
        Document[] texts = [new("11", "one"), new("12", "zwei ü 𝔘"), new("13", "three\nlines")];
        Assert.Equal(texts, TextFiles.Open(file).Read());
        Assert.Equal(["<user>Hi<assistant>Yes", "<user>Again"], TextFiles.Open(file, Messages).Read().Take(2).Select(document => document.Text));
        Assert.Equal("<user>p1<assistant>r1", TextFiles.Open(file, Columns).Read().First().Text);
        Assert.Contains("row 3, has a conversation without a turn", Message(() => TextFiles.Open(file, Messages).Read().ToArray()), StringComparison.Ordinal);
        Assert.Contains("row 3, has a field 'response' that is not text", Message(() => TextFiles.Open(file, Columns).Read().ToArray()), StringComparison.Ordinal);
        Assert.Contains("'score' that is not text", Message(() => TextFiles.Open(file, new DocumentForm("score")).Read().ToArray()), StringComparison.Ordinal);
        Assert.Contains("the nearest is 'text'", Message(() => TextFiles.Open(file, new DocumentForm("txt")).Read().ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(string))]
    [InlineData(typeof(byte[]))]
    public async Task Bytes_of_a_Parquet_file_that_are_no_UTF8_are_an_error_that_names_the_row(Type column)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "d.parquet");
        string[][] groups = [["one", "\uFFFD is a character"], ["three", "##", "five"]];
        await Write('#');
        Assert.Equal(groups.SelectMany(texts => texts), TextFiles.Open(file).Read().Select(document => document.Text));
        await Write('\u00FF');
        Assert.Contains($"{file}, row 4, has bytes in the column 'text' that are not UTF-8", Message(() => TextFiles.Open(file).Read().ToArray()), StringComparison.Ordinal);

        async Task Write(char first)
        {
            var schema = new ParquetSchema(new DataField("text", column, isNullable: false));
            var bytes = new MemoryStream();
            await using (var writer = await ParquetWriter.CreateAsync(schema, bytes, new ParquetOptions { CompressionMethod = CompressionMethod.None }))
                foreach (var texts in groups)
                {
                    using var group = writer.CreateRowGroup();
                    if (column == typeof(string))
                        await group.WriteAsync(schema.DataFields[0], texts);
                    else
                        await group.WriteAsync<ReadOnlyMemory<byte>>(schema.DataFields[0], texts.Select(text => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(text))).ToArray());
                }
            var whole = Encoding.Latin1.GetString(bytes.ToArray()).Replace("##", $"{first}#", StringComparison.Ordinal);
            await File.WriteAllBytesAsync(file, Encoding.Latin1.GetBytes(whole));
        }
    }

    [Fact]
    public void A_damaged_Parquet_file_is_one_sentence()
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(Fixtures.Path("texts", "rows.parquet"));
        var file = Path.Combine(folder.Path, "d.parquet");
        File.WriteAllBytes(file, whole[..^30]);
        Assert.Contains("no Parquet file", Message(() => TextFiles.Open(file).Read().ToArray()), StringComparison.Ordinal);
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            var altered = whole.ToArray();
            altered[random.Next(altered.Length)] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(file, altered);
            try
            {
                Assert.InRange(TextFiles.Open(file, Messages).Read().Count(), 0, 3);
            }
            catch (InterpException)
            {
            }
        }
    }

    [Theory]
    [InlineData("d.jsonl", "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"Yes\"}]}\n{\"text\":\"plain\"}\n")]
    [InlineData("d.csv", "messages\n\"[{\"\"role\"\":\"\"user\"\",\"\"content\"\":\"\"Hi\"\"},{\"\"role\"\":\"\"assistant\"\",\"\"content\"\":\"\"Yes\"\"}]\"\n")]
    public void A_list_of_turns_is_written_by_the_template(string name, string content)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("<user>Hi<assistant>Yes", TextFiles.Open(folder.Write(name, content), Messages).Read().First().Text);
    }

    [Fact]
    public void A_record_without_a_conversation_is_taken_by_its_text()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("d.jsonl", "{\"text\":\"plain\"}\n{\"prompt\":\"a\",\"response\":\"b\"}\n{\"prompt\":\"a\"}\n");
        Assert.Equal(["plain", "<user>a<assistant>b"], TextFiles.Open(file, Columns).Read().Take(2).Select(document => document.Text));
        Assert.Contains("line 3, has no field 'response'", Message(() => TextFiles.Open(file, Columns).Read().ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x.jsonl", "{\"txt\":\"a\"}", "nearest is 'txt'")]
    [InlineData("x.jsonl", "{\"text\":", "not valid JSON")]
    [InlineData("x.jsonl", "{\"text\":\"\\ud800\"}", "not valid JSON")]
    [InlineData("x.jsonl", "[1]", "not a JSON object")]
    [InlineData("x.jsonl", "{\"text\":5}", "not text")]
    [InlineData("x.jsonl", "{\"messages\":[{\"role\":\"user\"}]}", "no list of turns")]
    [InlineData("x.jsonl", "{\"messages\":\"a\"}", "no list of turns")]
    [InlineData("x.jsonl", "", "is empty")]
    [InlineData("x.jsonl.gz", "no gzip", "damaged")]
    [InlineData("x.csv", "", "is empty")]
    [InlineData("x.csv", "id,txt\n1,a\n", "nearest is 'txt'")]
    [InlineData("x.csv", "id,text\n1,a,b\n", "row 1 (line 2), has 3 fields where the first row names 2")]
    [InlineData("x.csv", "text,text\na,b\n", "names a column twice")]
    [InlineData("x.csv", "text\na\"b\n", "damaged")]
    [InlineData("x.csv", "text\n\"ab\n", "damaged")]
    [InlineData("x.csv", "messages\n[\n", "no list of turns")]
    [InlineData("x.csv.gz", "no gzip", "damaged")]
    [InlineData("x.parquet", "no parquet", "no Parquet file")]
    [InlineData("x.pdf", "a", "none of the kinds")]
    public void What_cannot_be_read_is_one_sentence(string name, string content, string hint)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name, content);
        Assert.Contains(hint, Message(() => TextFiles.Open(path, Messages).Read().ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.txt", false)]
    [InlineData("a.jsonl", true)]
    [InlineData("a.csv", false)]
    public void Bytes_that_are_no_UTF8_are_an_error_that_names_the_first(string name, bool compressed)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, compressed ? name + ".gz" : name);
        // Characters of three bytes, so that the parts in which a file is read end within one.
        byte[] good = [.. Encoding.UTF8.GetBytes("text\n"), .. Enumerable.Repeat("{\"text\":\"\u20ac\u20ac\u20ac\"}\n", 9000).SelectMany(Encoding.UTF8.GetBytes)];
        byte[] Sound() => name.EndsWith(".jsonl", StringComparison.Ordinal) ? good[5..] : name.EndsWith(".csv", StringComparison.Ordinal) ? [.. good.Where(value => value != '"')] : good;
        string? Read(byte[] bytes)
        {
            using (var file = File.Create(path))
            using (var stream = compressed ? (Stream)new GZipStream(file, CompressionLevel.Fastest) : file)
                stream.Write(bytes);
            try
            {
                Assert.NotEmpty(TextFiles.Open(path).Read().ToArray());
                return null;
            }
            catch (InterpException e)
            {
                return e.Message;
            }
        }
        var sound = Sound();
        Assert.Null(Read(sound));
        Assert.Null(Read([0xEF, 0xBB, 0xBF, .. sound]));
        Assert.Contains($"{Path.GetFileName(path)} is not UTF-8: byte 70000 {(compressed ? "of what it holds " : "")}belongs", Read([.. sound[..70_000], 0xFF, .. sound[70_000..]]), StringComparison.Ordinal);
        Assert.Contains("is not UTF-8: byte 0 ", Read([0xFF, 0xFE, (byte)'a', 0]), StringComparison.Ordinal);
        Assert.Contains($"byte {sound.Length} ", Read([.. sound, 0xE2, 0x82]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_read_by_names_and_its_text_files_whole()
    {
        using var folder = new TemporaryFolder();
        folder.Write("b.txt", "one\n\ntwo");
        folder.Write("a.jsonl", Lines);
        folder.Write("c.md", "not read");
        Assert.Equal(["one", "two", "one\n\ntwo"], TextFiles.Open(folder.Path).Read().Select(document => document.Text));
    }

    /// <summary>The digest as it was before conversations: keys of earlier results stay.</summary>
    [Fact]
    public void Digests_cover_content_field_and_template_and_stay_as_they_were()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("d.jsonl", Lines);
        var plain = TextFiles.Open(file).Digest;
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(
        [
            .. "text files 1\nfile\ntext\nd.jsonl\n"u8,
            .. System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Lines)),
        ])), plain);
        var other = new ChatTemplate(Template + " ", null, null, "x");
        string[] all =
        [
            plain,
            TextFiles.Open(file, new DocumentForm("body")).Digest,
            TextFiles.Open(file, Messages).Digest,
            TextFiles.Open(file, Columns).Digest,
            TextFiles.Open(file, new DocumentForm { Chat = new ChatRule(other, new ChatFields.MessageList("messages")) }).Digest,
            TextFiles.Open(folder.Write("d.jsonl", Lines + "\n")).Digest,
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Theory]
    [InlineData("", "{\"text\":\"one\"}\n", ".jsonl")]
    [InlineData("", "one", ".txt")]
    [InlineData(".csv", "text\none\n", ".csv")]
    public void Standard_input_is_kept_under_its_content(string ending, string content, string expected)
    {
        using var folder = new TemporaryFolder();
        string Spool() => StandardInput.Spool(new MemoryStream(Encoding.UTF8.GetBytes(content)), ending, folder.Path);
        var file = Spool();
        Assert.EndsWith(expected, file, StringComparison.Ordinal);
        Assert.Equal("one", TextFiles.Open(file).Read().Single().Text);
        Assert.Equal(file, Spool());
        Assert.Single(Directory.GetFiles(folder.Path));
        Assert.Contains("-.pdf", Message(() => StandardInput.Spool(Stream.Null, ".pdf", folder.Path)), StringComparison.Ordinal);
    }

    private static string Message(Func<object> read) => Assert.Throws<InterpException>(read).Message;
}
