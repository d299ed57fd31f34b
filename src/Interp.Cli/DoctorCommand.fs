/// `interp doctor`: what this machine has and lacks.
module Interp.Cli.DoctorCommand

open Argu
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Runtime

type DoctorOptions =
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Json -> "print one JSON object."

let private gigabytes (bytes: int64) =
    (float bytes / 1e9).ToString("0.0", System.Globalization.CultureInfo.InvariantCulture) + " GB"

let private json (report: SystemReport) =
    Fields
        [
            "system", Text report.System
            "dotnet", Text report.DotNet
            "interp", Text report.Interp
            "processors", Integer(int64 report.Processors)
            "threads", Integer(int64 report.Threads)
            "vector_level", Text report.VectorLevel
            "torchsharp", Text report.TorchSharp
            "libtorch", optional report.Libtorch
            "libtorch_origin", optional report.LibtorchOrigin
            "libtorch_folder", optional report.LibtorchFolder
            "wrapper_patched", Flag report.WrapperPatched
            "devices", Items(report.Devices |> Seq.map Text |> List.ofSeq)
            "memory_free", Integer report.MemoryFree
            "memory_total", Integer report.MemoryTotal
            "disk_free", Integer report.DiskFree
            "cache", Text report.Cache
            "problem", optional report.Problem
        ]

let private lines (report: SystemReport) : (string * string) list =
    let libtorch: string =
        match report.Libtorch with
        | null -> "does not load"
        | version ->
            String.concat
                ""
                [
                    version
                    ", from "
                    string report.LibtorchOrigin
                    ": "
                    string report.LibtorchFolder
                ]

    [
        "system", report.System
        ".NET", report.DotNet
        "Interp", report.Interp
        "processors", $"{report.Processors}, {report.VectorLevel}; {report.Threads} threads work side by side"
        "libtorch", libtorch
        "TorchSharp",
        report.TorchSharp
        + (if report.WrapperPatched then
               ", its wrapper weakened for an older libstdc++"
           else
               "")
        "devices", String.concat ", " report.Devices
        "memory", $"{gigabytes report.MemoryFree} free of {gigabytes report.MemoryTotal}"
        "disk", $"{gigabytes report.DiskFree} free in the working folder"
        "cache", report.Cache
    ]

let private run arguments =
    let asJson =
        (parse<DoctorOptions> "doctor" [ "doctor"; "doctor --json" ] arguments).Contains DoctorOptions.Json

    let report = SystemReport.Take()

    if asJson then
        printfn "%s" (render (json report))
    else
        for name, value in lines report do
            printfn "%-12s%s" name value

        match report.Problem with
        | null -> ()
        | problem -> eprintfn "%s" problem

    if isNull report.Problem then 0 else 1

let command =
    {
        Name = "doctor"
        Summary = "what this machine has and lacks"
        Examples = [ "doctor"; "doctor --json" ]
        Run = run
    }
