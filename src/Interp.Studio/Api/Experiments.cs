using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json.Nodes;
using Interp.Studio.Guards;
using Interp.Studio.Http;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Api;

/// <summary>The tables, reports and differences of the experiment framework.</summary>
internal static class Experiments
{
    public sealed record ListAnswer
    {
        [Description("The results, in the order of their names.")]
        public required IReadOnlyList<Entry> Experiments { get; init; }
    }

    public sealed record Entry
    {
        [Description("Name of the result.")]
        public required string Name { get; init; }

        [Description("Number of its cells.")]
        public required int Cells { get; init; }
    }

    public sealed record TableAnswer
    {
        [Description("Name of the result.")]
        public required string Name { get; init; }

        [Description("Columns of the table: axes, seeds, metrics.")]
        public required IReadOnlyList<string> Columns { get; init; }

        [Description("Rows of the table: mean and standard deviation over the seeds.")]
        public required IReadOnlyList<IReadOnlyList<string>> Rows { get; init; }

        [Description("Every cell with all its metrics.")]
        public required IReadOnlyList<Cell> Cells { get; init; }
    }

    public sealed record Cell
    {
        [Description("Name of the cell.")]
        public required string Name { get; init; }

        [Description("Its place on each axis.")]
        public required IReadOnlyDictionary<string, string> Axes { get; init; }

        [Description("Its seed.")]
        public required int Seed { get; init; }

        [Description("ok, failed, or diverged at a step.")]
        public required string Status { get; init; }

        [Description("Its metrics by their names.")]
        public required IReadOnlyDictionary<string, double> Metrics { get; init; }
    }

    public sealed record DifferenceQuestion
    {
        [Description("Name of the result before."), Length(1, 255)]
        public required string A { get; init; }

        [Description("Name of the result after."), Length(1, 255)]
        public required string B { get; init; }
    }

    public sealed record DifferenceAnswer
    {
        [Description("Whether settings and metrics are the same within the noise of the seeds.")]
        public required bool Same { get; init; }

        [Description("The verdict, in a sentence.")]
        public required string Verdict { get; init; }

        [Description("The differences.")]
        public required IReadOnlyList<Line> Lines { get; init; }

        [Description("The differences as text in columns.")]
        public required string Text { get; init; }
    }

    public sealed record Line
    {
        [Description("config, plan, metrics, artifacts or environment.")]
        public required string Layer { get; init; }

        [Description("Which cells.")]
        public required string Place { get; init; }

        [Description("Which setting, metric or stage.")]
        public required string What { get; init; }

        [Description("Its value before.")]
        public required string From { get; init; }

        [Description("Its value after.")]
        public required string To { get; init; }

        [Description("What to call the difference.")]
        public required string Status { get; init; }

        [Description("What it rests on.")]
        public required string Note { get; init; }
    }

    public static Operation List(Workbench bench) =>
        Operation.Get<Nothing, ListAnswer>("/api/v1/experiments", "The results of experiments.", (_, _) => new ListAnswer
        {
            Experiments = [.. bench.Results.Names.Select(name => new Entry { Name = name, Cells = bench.Results.Find(name)!.Results.Cells.Length })],
        });

    public static Operation Table(Workbench bench) =>
        Operation.Get<Nothing, TableAnswer>("/api/v1/experiments/{name}", "The table of a result.", (_, call) => TableOf(Named(bench, call.At("name")))) with
        {
            At = new Dictionary<string, string> { ["name"] = "demo" },
        };

    public static Operation Report(Workbench bench) => new()
    {
        Method = HttpMethods.Get,
        Path = "/api/v1/experiments/{name}/report",
        Summary = "The report of a result: a page of its own that loads nothing.",
        Media = "text/html",
        At = new Dictionary<string, string> { ["name"] = "demo" },
        Serve = async call =>
        {
            using var place = await call.Lanes.Lookup.Enter(call.Cancel);
            Named(bench, call.At("name"));
            SecurityHeaders.AllowOwnScripts(call.Response);
            await call.Write(Encoding.UTF8.GetBytes(bench.Results.Report(call.At("name"))), "text/html; charset=utf-8");
        },
    };

    public static Operation Difference(Workbench bench) =>
        Operation.Get<DifferenceQuestion, DifferenceAnswer>("/api/v1/experiments/diff", "What differs between two results.", (question, _) => DifferenceOf(Named(bench, question.A), Named(bench, question.B))) with
        {
            Example = JsonNode.Parse("""{"a": "demo", "b": "transcoder"}"""),
        };

    private static Side Named(Workbench bench, string name) =>
        bench.Results.Find(name) ?? throw new Refusal(StatusCodes.Status404NotFound, "There is no result of this name; /api/v1/experiments lists them.");

    private static TableAnswer TableOf(Side side)
    {
        var (header, rows) = StoredResults.TableOf(side);
        return new TableAnswer { Name = Path.GetFileName(side.Name), Columns = header, Rows = rows, Cells = [.. side.Results.Cells.Select(CellOf)] };
    }

    private static Cell CellOf(CellResult cell) => new()
    {
        Name = cell.Cell,
        Axes = cell.Axes.ToDictionary(axis => axis.Item1, axis => axis.Item2),
        Seed = cell.Seed,
        Status = cell.Status,
        Metrics = new SortedDictionary<string, double>(cell.Metrics.ToDictionary(), StringComparer.Ordinal),
    };

    private static DifferenceAnswer DifferenceOf(Side before, Side after)
    {
        var (lines, verdict, same) = StoredResults.Compare(before, after);
        return new DifferenceAnswer
        {
            Same = same,
            Verdict = verdict,
            Lines = [.. lines.Select(line => new Line { Layer = line.Layer, Place = line.Place, What = line.What, From = line.From, To = line.To, Status = line.Status, Note = line.Note })],
            Text = TextOf(lines, verdict),
        };
    }

    private static string TextOf(IReadOnlyList<DiffLine> lines, string verdict)
    {
        string[][] cells = [.. lines.Select(line => (string[])[line.Layer, line.Place, line.What, line.From, line.To, line.Status, line.Note])];
        int[] widths = [.. Enumerable.Range(0, 7).Select(column => cells.Max(row => (int?)row[column].Length) ?? 0)];
        return string.Join('\n', [.. cells.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()), verdict]);
    }
}
