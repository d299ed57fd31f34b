using System.Text.Json;
using Deque.AxeCore.Commons;

namespace Interp.Studio.Tests.Browser;

/// <summary>The rules of axe-core.</summary>
internal static class Accessibility
{
    private static readonly string Script = new BundledAxeScriptProvider().GetScript();

    /// <summary>What a page does against the rules, one line each.</summary>
    public static async Task<IReadOnlyList<string>> Violations(Visit visit)
    {
        await visit.Page.EvaluateExpressionAsync(Script + ";0");
        var found = await visit.Page.EvaluateExpressionAsync<string>(
            """
            axe.run(document, { resultTypes: ['violations'] }).then(result => JSON.stringify(
              result.violations.map(rule => `${rule.id}: ${rule.help}: ${rule.nodes.slice(0, 3).map(node => node.html.slice(0, 200)).join(' | ')}`)))
            """);
        return JsonSerializer.Deserialize<List<string>>(found)!;
    }
}
