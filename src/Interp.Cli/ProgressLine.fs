/// A line on how far something is, in the columns that there are.
module Interp.Cli.ProgressLine

open System

/// Its parts; texts may be empty.
type Parts =
    {
        Title: string
        /// The share that is done.
        Share: float
        Speed: string
        /// The time left.
        Left: string
        Words: string
    }

let private widest, narrowest = 24, 6

let private bar share width =
    let full = int (Math.Round(share * float width))
    String('━', full) + String('╌', width - full)

let private cut (text: string) width =
    if text.Length <= width then
        text
    else
        text.Substring(0, max 0 (width - 1)) + "…"

let private join = List.filter ((<>) "") >> String.concat "  "

let private percent parts =
    $"{Math.Round(100.0 * parts.Share), 3} %%"

/// All parts but the bar, for what is no terminal.
let plain parts =
    join [ parts.Title; percent parts; parts.Speed; parts.Left; parts.Words ]

/// All parts where they fit; otherwise the words go first, then the bar becomes narrow and goes, then the speed, and at last the title is
/// cut: the share and the time left stay.
let fit width parts =
    let share = percent parts

    let withBar speed size words =
        join
            [
                parts.Title
                (if size > 0 then
                     $"{bar parts.Share size} {share}"
                 else
                     share)
                speed
                parts.Left
                words
            ]

    let fits (line: string) = line.Length <= width

    let candidates =
        [
            withBar parts.Speed widest parts.Words
            yield! [ for size in widest .. -1 .. narrowest -> withBar parts.Speed size "" ]
            withBar parts.Speed 0 ""
            withBar "" 0 ""
        ]

    match List.tryFind fits candidates with
    | Some line -> line
    | None ->
        let rest = join [ share; parts.Left ]
        join [ cut parts.Title (width - rest.Length - 2); rest ]
