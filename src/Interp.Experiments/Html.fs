namespace Interp

open System.Text.RegularExpressions

/// Web pages of one file: text in, text out, nothing loaded from elsewhere.
[<RequireQualifiedAccess>]
module internal Html =
    /// The space between the thousands of a number.
    let private thousands = Regex @"(?<=\d) (?=\d{3}(?!\d))"

    /// Text as content or attribute; a number stays on one line.
    let escape (text: string) =
        thousands
            .Replace(text, "\u00A0")
            .Replace("&", "&amp;")
            .Replace("<", "&lt;")
            .Replace(">", "&gt;")
            .Replace("\"", "&quot;")
            .Replace("'", "&#39;")

    /// A sentence whose `words` in backticks are code.
    let sentence (text: string) =
        text.Split '`'
        |> Array.mapi (fun i part ->
            if i % 2 = 1 then
                $"<code>{escape part}</code>"
            else
                escape part)
        |> String.concat ""

    let private style =
        """
:root{color-scheme:light dark;--text:#1f2328;--quiet:#656d76;--back:#fff;--panel:#f6f8fa;--line:#d8dee4;--good:#1a7f37;--bad:#cf222e;--link:#0969da}
@media (prefers-color-scheme:dark){:root{--text:#e6edf3;--quiet:#9198a1;--back:#0d1117;--panel:#161b22;--line:#30363d;--good:#3fb950;--bad:#f85149;--link:#4493f8}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:1160px;margin:0 auto;padding:24px 20px 64px}
h1{font-size:28px;line-height:1.2;margin:8px 0 16px;overflow-wrap:anywhere}
h2{font-size:19px;margin:40px 0 8px}
p{margin:0 0 12px;max-width:75ch}
a{color:var(--link)}
.quiet,caption{color:var(--quiet)}
.good td:nth-last-child(2){color:var(--good);font-weight:600}
.bad td:nth-last-child(2){color:var(--bad);font-weight:600}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:7px 12px;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
th{background:var(--panel);font-weight:600;white-space:normal;vertical-align:bottom}
tr:last-child td{border-bottom:0}
td.number,th.number{text-align:right}th.number{min-width:12ch}th.number:nth-child(-n+4){min-width:6ch}
code{font:13px/1.4 ui-monospace,monospace}
nav{display:flex;flex-wrap:wrap;gap:4px 16px;margin:0 0 20px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:20px}
figure{margin:0;padding:12px;border:1px solid var(--line);border-radius:8px;min-width:0}
figcaption{font-weight:600;margin:0 0 4px}
.charts figure:last-child:nth-child(odd){grid-column:1/-1}
.chart{width:100%;min-height:320px}
.small{font-size:13px;margin:4px 0 0}
.legend{list-style:none;margin:8px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:2px 16px;font-size:13px}
.legend svg{margin-right:6px;vertical-align:middle}
@media (max-width:600px){main{padding:16px 14px 48px}th,td{padding:6px 9px}table{font-size:14px}}
details{margin:8px 0}summary{cursor:pointer}
"""

    /// A row of text with a class.
    let row kind (cells: string list) =
        let cells =
            cells |> List.map (fun cell -> $"<td>{escape cell}</td>") |> String.concat ""

        $"<tr class=\"{kind}\">{cells}</tr>"

    /// A table that scrolls by itself on a narrow screen.
    let table (header: string list) (rows: string list) =
        let header =
            header |> List.map (fun title -> $"<th>{escape title}</th>") |> String.concat ""

        let rows = String.concat "\n" rows
        $"<div class=\"scroll\"><table><thead><tr>{header}</tr></thead><tbody>\n{rows}\n</tbody></table></div>"

    /// A table whose columns after the first ones are numbers.
    let numericTable words (header: string list) (rows: string list list) =
        let line tag cells =
            cells
            |> List.mapi (fun i cell ->
                let kind = if i < words then "" else " class=\"number\""
                $"<{tag}{kind}>{escape cell}</{tag}>")
            |> String.concat ""
            |> fun cells -> $"<tr>{cells}</tr>"

        let head = line "th" header
        let body = rows |> List.map (line "td") |> String.concat "\n"
        $"<div class=\"scroll\"><table><thead>{head}</thead><tbody>\n{body}\n</tbody></table></div>"

    /// The whole file.
    let page title (body: string list) =
        [
            "<!doctype html>"
            "<html lang=\"en\">"
            "<head>"
            "<meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
            $"<title>{escape title}</title>"
            $"<style>{style}</style>"
            "</head>"
            "<body><main>"
            yield! body
            "</main></body>"
            "</html>"
        ]
        |> fun lines -> String.concat "\n" lines + "\n"
