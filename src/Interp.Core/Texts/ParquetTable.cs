using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Interp.Runtime;
using Interp.Tokenization.Chat;
using Parquet;
using Parquet.Data;
using Parquet.Schema;
using ConvertedType = Parquet.Meta.ConvertedType;

namespace Interp.Texts;

/// <summary>
/// An Apache Parquet file. A row group's columns are read when a record asks for them, so memory holds one group of those. Columns of
/// bytes are texts, whether the file calls them so or not; bytes that are not UTF-8 are an error that names the row.
/// </summary>
internal sealed class ParquetTable() : RecordFormat(".parquet")
{
    private static readonly Type Bytes = typeof(ReadOnlyMemory<byte>);

    /// <inheritdoc/>
    protected override IEnumerable<TextRecord> Records(string file)
    {
        using var stream = Guarded(file, () => File.OpenRead(file));
        var reader = Guarded(file, () => ParquetReader.CreateAsync(stream, new ParquetOptions()).GetAwaiter().GetResult());
        try
        {
            var (row, schema) = (0L, Guarded(file, () => Schema(reader)));
            for (var number = 0; number < reader.RowGroupCount; number++)
            {
                var group = Guarded(file, () => new Group(file, row, schema, reader.OpenRowGroupReader(number)));
                for (var i = 0; i < group.Count; i++)
                    yield return new Row(file, ++row, group, i);
            }
        }
        finally
        {
            reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>The columns, with texts as bytes: the library would replace those that are not UTF-8.</summary>
    private static ParquetSchema Schema(ParquetReader reader)
    {
        foreach (var element in reader.Metadata?.Schema ?? [])
            if (element.ConvertedType is ConvertedType.UTF8 || element.LogicalType?.STRING is not null || element.LogicalType?.ENUM is not null)
                (element.ConvertedType, element.LogicalType) = (null, null);
        return reader.Schema;
    }

    /// <summary>The library reports damage by exceptions of every kind.</summary>
    private static T Guarded<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (NotImplementedException e)
        {
            throw new InterpException($"{file} has a column of lists in data pages of version 2, which are not read; write it again with pages of version 1.", e);
        }
        catch (Exception e) when (e is not (InterpException or OutOfMemoryException))
        {
            throw new InterpException($"{file} is no Parquet file that can be read: {e.Message.TrimEnd('.')}; fetch it again.", e);
        }
    }

    /// <summary>A row group whose columns are read once.</summary>
    private sealed class Group(string file, long rowsBefore, ParquetSchema schema, ParquetRowGroupReader reader)
    {
        private readonly Dictionary<string, string?[]?> texts = new(StringComparer.Ordinal);
        private readonly Dictionary<string, ChatMessage[]?[]?> conversations = new(StringComparer.Ordinal);

        public long Count { get; } = reader.RowCount;

        public IEnumerable<string> Names => schema.Fields.Select(column => column.Name);

        public bool Has(string name) => schema.Fields.Any(field => field.Name == name);

        /// <summary>The texts in a column; null when it holds none, or lists.</summary>
        public string?[]? Texts(string name) => Once(texts, name, () =>
            Leaf(name) is { MaxRepetitionLevel: 0 } leaf && leaf.ClrType == Bytes ? [.. Cells(leaf).Select(cell => cell.Text)] : null);

        /// <summary>The texts in a column, or its whole numbers; null when it holds other things.</summary>
        public string?[]? Ids(string name) => Texts(name) ?? Once(texts, $"number {name}", () =>
            Leaf(name) is { MaxRepetitionLevel: 0, MaxDefinitionLevel: 0 } leaf ? Numbers(leaf) : null);

        /// <summary>The conversations in a column; null when it holds none.</summary>
        public ChatMessage[]?[]? Conversations(string name) => Once(conversations, name, () =>
            Leaf(name, "role") is { } roles && Leaf(name, "content") is { } contents ? Turns(Cells(roles), Cells(contents)) : null);

        /// <summary>The column of a plain field, or of a part of the objects that a field lists.</summary>
        private DataField? Leaf(string name, string? part = null) => schema.DataFields.FirstOrDefault(field =>
            part is null
                ? field.Path.ToList() is [var only] && only == name
                : field.Path.ToList() is [var first, .., var last] && first == name && last == part && field is { MaxRepetitionLevel: 1 } && field.ClrType == Bytes);

        /// <summary>Every cell of a column: whether it begins a row, and its text.</summary>
        private List<(bool BeginsRow, string? Text)> Cells(DataField field) => Guarded(file, () =>
        {
            using var data = (RawColumnData<ReadOnlyMemory<byte>>)reader.ReadRawColumnDataBaseAsync(field).AsTask().GetAwaiter().GetResult();
            var levels = field.MaxDefinitionLevel > 0 ? data.DefinitionLevels : [];
            var repetitions = field.MaxRepetitionLevel > 0 ? data.RepetitionLevels : [];
            var (cells, next, row) = (new List<(bool, string?)>(), 0, rowsBefore);
            for (var i = 0; i < (levels.IsEmpty ? data.Values.Length : levels.Length); i++)
            {
                var there = levels.IsEmpty || levels[i] == field.MaxDefinitionLevel;
                var begins = repetitions.IsEmpty || repetitions[i] == 0;
                row += begins ? 1 : 0;
                cells.Add((begins, there ? Decoded(data.Values[next++].Span, row, field.Name) : null));
            }
            return cells;
        });

        private string Decoded(ReadOnlySpan<byte> text, long row, string column) => Utf8.IsValid(text)
            ? Encoding.UTF8.GetString(text)
            : throw new InterpException(FormattableString.Invariant(
                $"{file}, row {row}, has bytes in the column '{column}' that are not UTF-8; convert the text and write the file again."));

        private string?[]? Numbers(DataField field) => Guarded<string?[]?>(file, () =>
        {
            using var data = reader.ReadRawColumnDataBaseAsync(field).AsTask().GetAwaiter().GetResult();
            return data switch
            {
                RawColumnData<long> numbers => [.. numbers.Values.ToArray().Select(number => number.ToString(CultureInfo.InvariantCulture))],
                RawColumnData<int> numbers => [.. numbers.Values.ToArray().Select(number => number.ToString(CultureInfo.InvariantCulture))],
                _ => null,
            };
        });

        /// <summary>Puts roles and contents together; a row without a list, or with an empty one, has one cell without both.</summary>
        private ChatMessage[]?[] Turns(List<(bool BeginsRow, string? Text)> roles, List<(bool BeginsRow, string? Text)> contents)
        {
            var rows = new List<List<ChatMessage>?>();
            foreach (var ((begins, role), (_, content)) in roles.Zip(contents))
            {
                if (begins)
                    rows.Add([]);
                if (role is not null && content is not null)
                    rows[^1]?.Add(new ChatMessage(role, content));
                else if (role is not null || content is not null)
                    rows[^1] = null;
            }
            return [.. rows.Select(row => row?.ToArray())];
        }

        private static T Once<T>(Dictionary<string, T> known, string name, Func<T> read) =>
            known.TryGetValue(name, out var value) ? value : known[name] = read();
    }

    private sealed class Row(string file, long number, Group group, int index) : TextRecord(file, "row", number)
    {
        protected override string? GivenId => group.Ids("id")?[index];

        protected override IEnumerable<string> Names => group.Names;

        public override string? Text(string field)
        {
            if (!group.Has(field))
                return null;
            return group.Texts(field)?[index] ?? throw NotText(field);
        }

        public override IReadOnlyList<ChatMessage>? Messages(string field)
        {
            if (!group.Has(field))
                return null;
            return group.Conversations(field)?[index] ?? throw NoTurns(field);
        }
    }
}
