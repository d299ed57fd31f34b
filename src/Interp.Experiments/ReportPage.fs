namespace Interp

open System.IO

/// A result as one web page that loads nothing: table, charts, settings, stages and environment.
[<RequireQualifiedAccess>]
module ReportPage =
    let private script =
        """
const figures = JSON.parse(document.getElementById('figures').textContent);
const dark = matchMedia('(prefers-color-scheme: dark)');
function draw() {
  const css = getComputedStyle(document.documentElement), colour = name => css.getPropertyValue(name).trim();
  const axis = {gridcolor: colour('--line'), linecolor: colour('--line'), zeroline: false, automargin: true};
  figures.forEach((figure, i) => Plotly.react('chart-' + i, figure.data, {
    ...figure.layout, height: 320, margin: {l: 8, r: 12, t: 8, b: 8}, showlegend: false, hovermode: 'closest',
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
    font: {family: 'system-ui, sans-serif', size: 12, color: colour('--text')},
    xaxis: {...axis, ...figure.layout.xaxis}, yaxis: {...axis, ...figure.layout.yaxis}
  }, {responsive: true, displayModeBar: false}));
}
dark.addEventListener('change', draw);
draw();
"""

    let private stroke =
        function
        | "dash" -> " stroke-dasharray=\"8 5\""
        | "dot" -> " stroke-dasharray=\"2 4\""
        | "dashdot" -> " stroke-dasharray=\"8 4 2 4\""
        | "longdash" -> " stroke-dasharray=\"13 5\""
        | _ -> ""

    let private legend (entries: LegendEntry list) =
        match entries with
        | []
        | [ _ ] -> ""
        | entries ->
            entries
            |> List.map (fun entry ->
                $"<li><svg width=\"28\" height=\"8\" aria-hidden=\"true\"><line x1=\"0\" x2=\"28\" y1=\"4\" y2=\"4\" stroke=\"{entry.Colour}\" stroke-width=\"2.5\"{stroke entry.Dash}/></svg>{Html.escape entry.Label}</li>")
            |> String.concat ""
            |> fun items -> $"<ul class=\"legend\">{items}</ul>"

    let private figure number (figure: Figure) =
        $"<figure><figcaption>{Html.escape figure.Title}</figcaption><div class=\"chart\" id=\"chart-{number}\"></div>{legend figure.Legend}<p class=\"quiet small\">{Html.escape figure.Note}</p></figure>"

    let private json (figures: Figure list) =
        figures
        |> List.map (fun figure -> Canon.Fields [ "data", figure.Data; "layout", figure.Layout ])
        |> Canon.Items
        |> Canonical.encode
        // Inside a script element only this could end it early.
        |> fun text -> text.Replace("<", "\\u003c")

    let private value =
        function
        | Canon.Text text -> text
        | Canon.Null -> "none"
        | other -> Canonical.encode other

    let private settings (experiment: Experiment) =
        SpecFields.all
        |> List.map (fun field ->
            let values =
                experiment.Cells |> List.map (fun cell -> value (field.Get cell.Spec)) |> List.distinct

            let isDefault = values = [ value (field.Get Spec.Default) ]
            Html.row (if isDefault then "quiet" else "") [ field.Path; String.concat ", " values ])

    let private short (digest: string) =
        if digest.Length = 64 then
            digest.Substring(0, 12)
        else
            digest

    let private stages (provenance: ResultProvenance) =
        provenance.Stages
        |> List.map (fun record ->
            let inputs =
                record.Inputs |> List.map (fun (name, text) -> $"{name} {short text}") |> String.concat ", "

            Html.row
                ""
                [
                    record.Stage
                    Amounts.cells record.Cells
                    string record.Version
                    short record.Key
                    short record.Output
                    inputs
                ])

    let private table (experiment: Experiment option) (results: Results) =
        let metrics =
            experiment |> Option.map _.Metrics |> Option.defaultValue (Experiment.create results.Name).Metrics

        let header, rows = ResultSummary.rows metrics results
        Html.numericTable results.Axes.Length header rows

    let private section title body =
        match body with
        | [] -> []
        | body -> $"<h2>{Html.escape title}</h2>" :: body

    /// The page of a result. `notes` say what was measured; `curves` and `density` are the texts of curves.csv and density.csv.
    let internal make (side: Side) (notes: string list) (curves: string option) (density: string option) =
        let results = side.Results

        let figures =
            [
                Figures.againstMain Metric.fvu results
                Figures.againstMain Metric.ceRecovered results
                yield! curves |> Option.map (Figures.training results) |> Option.toList
                yield! curves |> Option.map (Figures.dead results) |> Option.toList
                yield! density |> Option.map (Figures.density results) |> Option.toList
            ]
            |> List.filter (Figures.isEmpty >> not)

        Html.page
            results.Name
            [
                $"<h1>{Html.escape results.Name}</h1>"
                for note in notes do
                    $"<p>{Html.sentence note}</p>"
                yield!
                    section
                        "Results"
                        [
                            table side.Experiment results
                            "<p class=\"quiet small\">Mean ± standard deviation over seeds.</p>"
                        ]
                yield! section "Charts" [ "<div class=\"charts\">"; yield! List.mapi figure figures; "</div>" ]
                yield!
                    side.Experiment
                    |> Option.map (fun experiment ->
                        section
                            "Settings"
                            [
                                "<details><summary>Every setting, over all cells; those with their default are grey</summary>"
                                Html.table [ "setting"; "values" ] (settings experiment)
                                "</details>"
                            ])
                    |> Option.defaultValue []
                yield!
                    side.Provenance
                    |> Option.map (fun provenance ->
                        section
                            "Plan and provenance"
                            [
                                Html.table
                                    [ "made with"; "" ]
                                    (provenance.Environment
                                     |> List.map (fun (name, text) -> Html.row "" [ name; text ]))
                                $"<details><summary>{provenance.Stages.Length} stages: cells, version, key, digest of the output, inputs</summary>"
                                Html.table
                                    [ "stage"; "cells"; "version"; "key"; "output"; "inputs" ]
                                    (stages provenance)
                                "</details>"
                            ])
                    |> Option.defaultValue []
                $"<script type=\"application/json\" id=\"figures\">{json figures}</script>"
                $"<script>{PlotlyScript.text.Value}</script>"
                $"<script>{script}</script>"
            ]

    /// The sentences of a table.md above its table.
    let private notesOf (markdown: string) =
        markdown.Split '\n'
        |> Seq.takeWhile (fun line -> not (line.StartsWith '|'))
        |> Seq.filter (fun line -> line <> "" && not (line.StartsWith '#'))
        |> List.ofSeq

    /// The page of a stored result by its name, folder or table.csv; wherever it lies, it is called by the last part of that.
    let load (name: string) =
        let side = Sides.stored name

        let results =
            { side.Results with
                Name = Path.TrimEndingDirectorySeparator name |> Path.GetFileName |> string
            }

        let notes =
            Results.tryReadFile name "table.md" |> Option.map notesOf |> Option.defaultValue []

        make
            { side with Results = results }
            notes
            (Results.tryReadFile name "curves.csv")
            (Results.tryReadFile name "density.csv")
