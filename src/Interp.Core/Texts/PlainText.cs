using System.Text;

namespace Interp.Texts;

/// <summary>Text as it stands: blank lines separate documents; in a folder a file is one document.</summary>
internal sealed class PlainText() : TextFormat(".txt", ".txt.gz")
{
    /// <inheritdoc/>
    public override IEnumerable<Document> Read(string file, DocumentForm form, bool inFolder)
    {
        var text = new StringBuilder();
        var (start, line) = (1, 0);
        foreach (var content in BoundedLines.Read(file))
        {
            line++;
            var blank = string.IsNullOrWhiteSpace(content);
            if (blank && text.Length > 0 && !inFolder)
            {
                yield return Made();
                text.Clear();
            }
            if (text.Length == 0)
            {
                if (blank)
                    continue;
                start = line;
            }
            else
            {
                text.Append('\n');
            }
            text.Append(content);
        }
        if (text.Length > 0)
            yield return Made();

        Document Made() => new(FormattableString.Invariant($"{Path.GetFileName(file)}:{start}"), text.ToString());
    }
}
