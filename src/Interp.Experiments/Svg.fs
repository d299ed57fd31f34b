namespace Interp

open System
open System.Globalization

type internal Line =
    {
        Label: string
        Colour: string
        /// Lengths of strokes and gaps; empty: solid.
        Dashes: string
        Points: (float * float) list
        Markers: bool
    }

type internal Chart =
    {
        Title: string
        X: string
        Y: string
        /// Logarithmic with the given ticks.
        XTicks: float list option
        LogY: bool
        Lines: Line list
    }

/// Line charts as SVG text: the same data gives the same bytes.
[<RequireQualifiedAccess>]
module internal Svg =
    let private dashed line =
        if line.Dashes = "" then
            ""
        else
            $" stroke-dasharray=\"{line.Dashes}\""

    let private width, height = 560.0, 400.0
    let private left, right, top, bottom = 74.0, 18.0, 44.0, 52.0
    let private inset = 12.0

    let private n (value: float) =
        (Math.Round(value, 2) + 0.0).ToString("0.##", CultureInfo.InvariantCulture)

    let private escape (text: string) =
        text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&quot;")

    let private niceTicks low high =
        let step =
            let raw = (high - low) / 5.0
            let power = Math.Pow(10.0, floor (log10 raw))
            [ 1.0; 2.0; 2.5; 5.0; 10.0 ] |> List.map ((*) power) |> List.find (fun step -> step >= raw)

        [ ceil (low / step) .. floor (high / step + 1e-9) ] |> List.map ((*) step)

    let private label (value: float) =
        let size = abs value

        if size >= 10_000.0 then
            value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ')
        elif size >= 100.0 || value = Math.Round value then
            value.ToString("0.##", CultureInfo.InvariantCulture)
        else
            value.ToString("0.####", CultureInfo.InvariantCulture)

    /// The smallest range around values, with some room where it would be a point.
    let private range values =
        match values with
        | [] -> 0.0, 1.0
        | values ->
            let low, high = List.min values, List.max values
            if high > low then low, high else low - 0.5, high + 0.5

    let private panel offset (chart: Chart) =
        let points = chart.Lines |> List.collect _.Points
        let tx = if chart.XTicks.IsSome then log else id
        let ty = if chart.LogY then log10 else id
        let xLow, xHigh = range (points |> List.map (fst >> tx))

        let yLow, yHigh =
            let low, high = range (points |> List.map (snd >> ty))
            let room = (high - low) * 0.06

            (if low >= 0.0 && not chart.LogY then
                 max 0.0 (low - room)
             else
                 low - room),
            high + room

        let px x =
            offset + left + (tx x - xLow) / (xHigh - xLow) * (width - left - right)

        let py y =
            height - bottom - (ty y - yLow) / (yHigh - yLow) * (height - top - bottom)

        let text x y anchor extra content =
            $"<text x=\"{n x}\" y=\"{n y}\" text-anchor=\"{anchor}\"{extra}>{escape content}</text>"

        let yTicks =
            if chart.LogY then
                let all =
                    [
                        for e in floor yLow .. ceil yHigh do
                            for m in [ 1.0; 2.0; 5.0 ] -> m * Math.Pow(10.0, e)
                    ]

                let inside = all |> List.filter (fun y -> ty y >= yLow && ty y <= yHigh)

                if inside.Length >= 2 then
                    inside
                else
                    niceTicks (Math.Pow(10.0, yLow)) (Math.Pow(10.0, yHigh))
            else
                niceTicks yLow yHigh

        let xTicks = chart.XTicks |> Option.defaultWith (fun () -> niceTicks xLow xHigh)
        let x0, x1, y0, y1 = offset + left, offset + width - right, top, height - bottom

        [
            text (offset + left) 24.0 "start" " class=\"title\"" chart.Title
            for y in yTicks do
                $"<line x1=\"{n x0}\" x2=\"{n x1}\" y1=\"{n (py y)}\" y2=\"{n (py y)}\" class=\"grid\"/>"
                text (x0 - 8.0) (py y + 4.0) "end" "" (label y)
            for x in xTicks do
                $"<line x1=\"{n (px x)}\" x2=\"{n (px x)}\" y1=\"{n y1}\" y2=\"{n (y1 + 5.0)}\" class=\"tick\"/>"
                text (px x) (y1 + 19.0) "middle" "" (label x)
            $"<path d=\"M{n x0} {n y0}V{n y1}H{n x1}\" class=\"axis\"/>"
            text ((x0 + x1) / 2.0) (height - 12.0) "middle" " class=\"name\"" chart.X
            let mx, my = offset + 16.0, (y0 + y1) / 2.0
            text mx my "middle" $" class=\"name\" transform=\"rotate(-90 {n mx} {n my})\"" chart.Y

            for line in chart.Lines do
                let path =
                    line.Points |> List.map (fun (x, y) -> $"{n (px x)},{n (py y)}") |> String.concat " "

                let dash = dashed line
                $"<polyline points=\"{path}\" fill=\"none\" stroke=\"{line.Colour}\" stroke-width=\"2\"{dash}/>"

                if line.Markers then
                    for x, y in line.Points do
                        $"<circle cx=\"{n (px x)}\" cy=\"{n (py y)}\" r=\"3.5\" fill=\"{line.Colour}\"/>"
        ]

    let private legend offset (lines: Line list) =
        lines
        |> List.mapi (fun i line ->
            let y = top + 8.0 + 20.0 * float i
            let dash = dashed line

            [
                $"<line x1=\"{n offset}\" x2=\"{n (offset + 26.0)}\" y1=\"{n y}\" y2=\"{n y}\" stroke=\"{line.Colour}\" stroke-width=\"2\"{dash}/>"
                $"<text x=\"{n (offset + 34.0)}\" y=\"{n (y + 4.0)}\">{escape line.Label}</text>"
            ])
        |> List.concat

    /// Panels side by side, with one legend for all of them.
    let draw (charts: Chart list) =
        let charts =
            charts
            |> List.filter (fun chart -> chart.Lines |> List.exists (fun line -> not line.Points.IsEmpty))

        let lines = charts |> List.collect _.Lines |> List.distinctBy _.Label

        let panels =
            charts |> List.mapi (fun i chart -> panel (float i * width) chart) |> List.concat

        let legendAt = float charts.Length * width + 6.0
        let longest = lines |> List.map _.Label.Length |> List.fold max 0
        let total = legendAt + 50.0 + 7.2 * float longest
        let height = max height (top + 20.0 + 20.0 * float lines.Length)

        [
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {n total} {n height}\" width=\"{n total}\" height=\"{n height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">"
            "<style>text{fill:#333}.title{font-size:15px;font-weight:600}.name{font-size:13px}.grid{stroke:#e6e6e6}.tick,.axis{stroke:#666;fill:none}</style>"
            $"<rect width=\"{n total}\" height=\"{n height}\" fill=\"#fff\"/>"
            yield! panels
            yield! legend legendAt lines
            "</svg>"
        ]
        |> fun lines -> String.concat "\n" lines + "\n"
