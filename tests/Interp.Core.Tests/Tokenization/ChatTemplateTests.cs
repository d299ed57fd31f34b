using System.Text.Json;
using Interp.Runtime;
using Interp.Tokenization;
using Interp.Tokenization.Chat;
using Xunit;

namespace Interp.Core.Tests.Tokenization;

/// <summary>Templates of real models and what Jinja 3.1.6 makes of them under the Hugging Face library's settings; of qwen3.json, what its JavaScript form does.</summary>
public class ChatTemplateTests
{
    private static readonly ChatMessage[] Conversation = [new("user", "Hi"), new("assistant", "Yes")];

    public static TheoryData<string> Recorded =>
        [.. Directory.GetFiles(Fixtures.Path("chat"), "*.json").Order(StringComparer.Ordinal).Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Every_recorded_conversation_is_written_or_refused_as_Jinja_does(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Fixtures.Path("chat", name)));
        var golden = json.RootElement;
        var template = new ChatTemplate(golden.GetProperty("template").GetString()!, golden.GetProperty("bos").GetString(), golden.GetProperty("eos").GetString(), name);
        foreach (var recorded in golden.GetProperty("cases").EnumerateArray())
        {
            ChatMessage[] messages = [.. recorded.GetProperty("messages").EnumerateArray()
                .Select(message => new ChatMessage(message.GetProperty("role").GetString()!, message.GetProperty("content").GetString()!))];
            string Write() => template.Render(messages, recorded.GetProperty("generation").GetBoolean());
            if (recorded.TryGetProperty("text", out var text))
                Assert.Equal(text.GetString(), Write());
            else
                Assert.Contains(recorded.GetProperty("refused").GetString()!.TrimEnd('.'), Assert.Throws<InterpException>(Write).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{% set n = namespace(a='x', b=messages|length) %}{% set n.b = n.b + 1 %}{{ n.a ~ n.b }}", "x3")]
    [InlineData("{% for m in messages if m.role == 'assistant' %}{{ loop.index ~ loop.length ~ m.content }}{% endfor %}", "11Yes")]
    [InlineData("{% for m in messages if false or m.content in ['Hi', 'Yes'] %}{{ m.role }}{% endfor %}", "userassistant")]
    public void Namespaces_begin_with_fields_and_loops_may_have_a_condition(string template, string expected) =>
        Assert.Equal(expected, new ChatTemplate(template, null, null, "x").Render(Conversation));

    [Theory]
    [InlineData("{% macro m() %}x{% endmacro %}", "the statement 'macro'")]
    [InlineData("{{ messages", "not closed")]
    [InlineData("{% if true %}x", "lacks an 'endif'")]
    [InlineData("{% for m in messages %}x{% endif %}", "not with 'endfor'")]
    [InlineData("x{% endif %}", "does not open")]
    [InlineData("{{ messages | map(attribute='role') }}", "the filter 'map'")]
    [InlineData("{{ strftime_now('%d') }}", "the function 'strftime_now'")]
    [InlineData("{{ messages[0].content.title() }}", "the method 'title'")]
    [InlineData("{{ messages is odd }}", "the test 'odd'")]
    [InlineData("{% for k, v in messages %}x{% endfor %}", "',' where it is")]
    [InlineData("{{ missing + 'x' }}", "'missing', which nothing defines")]
    [InlineData("{{ messages }}", "written as text")]
    [InlineData("{{ 1.5 }}", "where it is")]
    [InlineData("{{ 'x' + }}", "ends too early")]
    public void What_is_not_served_is_an_error(string template, string hint) =>
        Assert.Contains(hint, Assert.Throws<InterpException>(() => new ChatTemplate(template, null, null, "x").Render(Conversation)).Message, StringComparison.Ordinal);

    [Fact]
    public void Hostile_templates_end_in_an_error()
    {
        var brackets = "{{ " + new string('(', 1000) + "1" + new string(')', 1000) + " }}";
        var chain = "{% if a %}" + string.Concat(Enumerable.Repeat("{% elif b %}", 10_000)) + "{% endif %}";
        var loops = string.Concat(Enumerable.Repeat("{% for m in messages %}", 60)) + string.Concat(Enumerable.Repeat("{% endfor %}", 60));
        var doubling = "{% set n = namespace() %}{% set n.x = 'x' %}" + string.Concat(Enumerable.Repeat("{% set n.x = n.x + n.x %}", 40));
        foreach (var template in new[] { brackets, chain, loops, doubling })
            Assert.Throws<InterpException>(() => new ChatTemplate(template, null, null, "x").Render(Conversation));
    }

    [Fact]
    public void A_part_that_is_not_served_and_never_reached_does_no_harm() =>
        Assert.Equal("Hi", new ChatTemplate("{% if tools %}{{ tools | tojson }}{% endif %}{{ messages[0].content }}", null, null, "x").Render(Conversation));

    [Fact]
    public void Folders_name_their_template_in_three_ways()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", File.ReadAllText(Fixtures.Path("tokenizers", "bpe-qwen2", "tokenizer.json")));
        Assert.Contains("no chat template", Assert.Throws<InterpException>(() => ChatTemplate.Load(folder.Path)).Message, StringComparison.Ordinal);

        folder.Write("tokenizer_config.json", """{"bos_token":{"content":"<b>"},"chat_template":[{"name":"rag","template":"no"},{"name":"default","template":"list {{ bos_token }}"}]}""");
        Assert.Equal("list <b>", ChatTemplate.Load(folder.Path).Render(Conversation));
        folder.Write("tokenizer_config.json", """{"eos_token":"<e>","chat_template":"text {{ eos_token }}"}""");
        Assert.Equal("text <e>", ChatTemplate.Load(folder.Path).Render(Conversation));
        folder.Write("chat_template.jinja", "file {{ eos_token }}\n");
        Assert.Equal("file <e>", ChatTemplate.Load(folder.Path).Render(Conversation));
    }

    [Fact]
    public void Special_tokens_of_a_template_become_their_ids()
    {
        var tokenizer = Tokenizer.Load(Fixtures.Path("tokenizers", "bpe-qwen2"));
        var start = tokenizer.Encode("<|im_start|>", false).Ids.Single();
        var end = tokenizer.Encode("<|im_end|>", false).Ids.Single();
        using var json = JsonDocument.Parse(File.ReadAllBytes(Fixtures.Path("chat", "chatml.json")));
        var text = new ChatTemplate(json.RootElement.GetProperty("template").GetString()!, null, null, "x").Render(Conversation);
        int[] expected =
        [
            start, .. tokenizer.Encode("user\nHi", false).Ids, end, .. tokenizer.Encode("\n", false).Ids,
            start, .. tokenizer.Encode("assistant\nYes", false).Ids, end, .. tokenizer.Encode("\n", false).Ids,
        ];
        Assert.Equal(expected, tokenizer.Encode(text, false).Ids);
    }
}
