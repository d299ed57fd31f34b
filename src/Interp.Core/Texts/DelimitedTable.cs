using System.Globalization;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using Interp.Runtime;
using Interp.Tokenization.Chat;

namespace Interp.Texts;

/// <summary>
/// A table in text (RFC 4180) whose first row names the fields: commas, or tabs in <c>.tsv</c>, between them. A conversation in a field is
/// JSON.
/// </summary>
internal sealed class DelimitedTable() : RecordFormat(".csv", ".csv.gz", ".tsv", ".tsv.gz")
{
    private const int LongestField = 1 << 26;

    /// <inheritdoc/>
    protected override IEnumerable<TextRecord> Records(string file)
    {
        using var parser = new CsvParser(BoundedLines.Open(file), new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = file.Contains(".tsv", StringComparison.OrdinalIgnoreCase) ? "\t" : ",",
            MaxFieldSize = LongestField,
            CacheFields = false,
        });
        if (Next(parser, file) is not { } names)
            yield break;
        if (names.Distinct(StringComparer.Ordinal).Count() < names.Length)
            throw new InterpException($"{file} names a column twice in its first row; give every column its own name.");
        for (var row = 1L; Next(parser, file) is { } fields; row++)
        {
            yield return fields.Length == names.Length
                ? new Row(file, row, names, fields)
                : throw new InterpException(FormattableString.Invariant($"{file}, row {row} (line {parser.RawRow}), has {fields.Length} fields where the first row names {names.Length}; put quotes around fields that hold commas, quotes or line ends."));
        }
    }

    private static string[]? Next(CsvParser parser, string file)
    {
        try
        {
            return parser.Read() ? parser.Record : null;
        }
        catch (Exception e) when (e is CsvHelperException or IOException or InvalidDataException)
        {
            throw new InterpException(FormattableString.Invariant($"{file} is damaged from line {parser.RawRow} on: a field has a quote where none may be, or is longer than {LongestField} characters; double the quotes inside quoted fields."), e);
        }
    }

    private sealed class Row(string file, long number, string[] names, string[] fields) : TextRecord(file, "row", number)
    {
        protected override string? GivenId => Text("id") is { Length: > 0 } id ? id : null;

        protected override IEnumerable<string> Names => names;

        public override string? Text(string field) => Array.IndexOf(names, field) is >= 0 and var column ? fields[column] : null;

        public override IReadOnlyList<ChatMessage>? Messages(string field)
        {
            if (Text(field) is not { } text)
                return null;
            try
            {
                return Turns(field, JsonSerializer.Deserialize<JsonElement>(text));
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw NoTurns(field);
            }
        }
    }
}
