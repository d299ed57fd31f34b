// Ten latents of an atlas, chosen by a score, as Markdown: docs/gallery.md.
//
//     dotnet fsi --quiet eng/gallery.fsx atlases/my-sae
#load "../configs/interp.fsx"

open System
open System.Globalization
open System.Text.RegularExpressions
open Interp
open Interp.Features

let atlas = Interp.Features.Atlas.Open(Array.last fsi.CommandLineArgs)
let wanted, leastFirings, mostSingle, mostAlike = 10, 100L, 0.4, 0.3
let number (format: string) (value: float) = value.ToString(format, CultureInfo.InvariantCulture)

/// F1 of the explanation on held-out text, for latents that fire often enough and not on one token alone.
let candidates =
    [
        for id in 0 .. atlas.Latents - 1 do
            let page = atlas.Page id

            match page.Explanation with
            | null -> ()
            | rule when page.Count >= leastFirings && page.SingleTokenRatio <= mostSingle -> page, rule
            | _ -> ()
    ]
    |> List.sortByDescending (fun (page, rule) -> rule.F1, -page.Id)

let alike (a: LatentPage) (b: LatentPage) =
    a.Neighbours |> Seq.exists (fun other -> other.Id = b.Id && float other.Cosine > mostAlike)
    || (Seq.head a.Tokens).Id = (Seq.head b.Tokens).Id

let chosen =
    (([]: (LatentPage * Explanation) list), candidates)
    ||> List.fold (fun chosen (page, rule) ->
        if chosen.Length = wanted || chosen |> List.exists (fun (other, _) -> alike page other || alike other page) then
            chosen
        else
            chosen @ [ (page, rule) ])

let plain (text: string) =
    text.Replace("\n", "⏎").Replace("\r", "").Replace("|", "\\|").Replace("*", "\\*").Replace("<", "&lt;").Replace("`", "'").Replace("_", "\\_")

/// A rule with the first eight tokens of each of its lists.
let brief (rule: string) =
    Regex.Replace(rule, "“[^”]*”+(?:, “[^”]*”+)*(?: or “[^”]*”+)?", fun list ->
        let tokens = [ for token in Regex.Matches(list.Value, "“[^”]*”+") -> token.Value ]

        if tokens.Length <= 8 then
            list.Value
        else
            $"""{tokens |> List.truncate 8 |> String.concat ", "} or {tokens.Length - 8} more""")

/// The text around the token that fires, which stands in bold.
let shown (example: PageExample) =
    let part from until = String.Join("", example.Tokens |> Seq.skip from |> Seq.truncate (until - from)) |> plain
    let focus = example.Focus
    let token = example.Tokens[focus] |> plain
    let space = if token.StartsWith ' ' then " " else ""
    $"""…{part (max 0 (focus - 10)) focus}{space}**{token.Trim()}**{part (focus + 1) (min example.Tokens.Count (focus + 5))}…"""

for page, rule in chosen do
    printfn "### Latent %d: %s" page.Id (plain (brief rule.Text))
    printfn ""
    printfn "F1 %s on held-out text (precision %s, recall %s); fires on %s %% of the tokens, %s %% of these the same one." (number "0.00" rule.F1) (number "0.00" rule.Precision) (number "0.00" rule.Recall) (number "0.000" (100.0 * page.Density)) (number "0" (100.0 * page.SingleTokenRatio))
    printfn ""

    for example in page.Top |> Seq.truncate 2 do
        printfn "- %s" (shown example)

    match page.Intervals |> Seq.toList with
    | _ :: middle :: _ -> middle.Examples |> Seq.truncate 1 |> Seq.iter (fun example -> printfn "- at %s of the maximum: %s" (number "0 %" (float example.Value / float page.Max)) (shown example))
    | _ -> ()

    printfn "- raises %s" (page.Raised |> Seq.truncate 5 |> Seq.map (fun effect -> $"“{plain effect.Token}”") |> String.concat ", ")
    printfn ""
