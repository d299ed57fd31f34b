/// What every `verify` command prints.
module Interp.Cli.VerifyOutput

open Interp.Cli.Json
open Interp.Runtime

/// A count as it is, anything else by its magnitude.
let private short (number: float) =
    let format =
        if number = round number && abs number < 1000.0 then
            "0"
        else
            "0.##e+0"

    number.ToString(format, System.Globalization.CultureInfo.InvariantCulture)

let private json (report: VerifyReport) =
    let check (check: VerifyCheck) =
        Fields
            [
                "name", Text check.Name
                "error", Number check.Error
                "tolerance", Number check.Tolerance
                "passed", Flag check.Passed
            ]

    Fields
        [
            "passed", Flag report.Passed
            "checks", report.Checks |> Seq.map check |> List.ofSeq |> Items
            "notes", report.Notes |> Seq.map Text |> List.ofSeq |> Items
        ]

/// Prints the report and returns the exit code: 0 when all checks hold or none was possible, else 1.
let print asJson (report: VerifyReport) =
    if asJson then
        printfn "%s" (render (json report))
    else
        let width = report.Checks |> Seq.map _.Name.Length |> Seq.append [ 0 ] |> Seq.max

        for check in report.Checks do
            let verdict = if check.Passed then "ok  " else "FAIL"

            printfn
                "%s  %s  %s (at most %s)"
                verdict
                (check.Name.PadRight width)
                (short check.Error)
                (short check.Tolerance)

        for note in report.Notes do
            printfn "%s" note

        let failed =
            report.Checks |> Seq.filter (fun check -> not check.Passed) |> Seq.length

        if report.IsSkipped then
            printfn "Nothing could be checked."
        else
            let count number one several =
                if number = 1 then one else $"{number} {several}"

            printfn
                "%s, %s"
                (count (report.Checks.Count - failed) "1 check holds" "checks hold")
                (count failed "1 does not" "do not")

    if report.Passed then 0 else 1
