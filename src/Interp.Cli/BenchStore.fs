/// `interp bench store`: writing and reading activations, beside a plain write of the same bytes.
module Interp.Cli.BenchStore

open System.Globalization
open System.IO
open Argu
open Interp
open Interp.Activations
open Interp.Benchmarks
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Runtime

type StoreOptions =
    | Size of bytes: string
    | D of width: string
    | Dtype of name: string
    | Batch of tokens: string
    | Rounds of count: string
    | Folder of path: string
    | Threads of count: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Size _ -> "float32 bytes of a store, such as 4GiB (default 1GiB)."
            | D _ -> "width of the activations (default 768)."
            | Dtype _ -> "f32 (default), bf16, f16 or int8."
            | Batch _ -> "tokens of a shuffled batch (default 2048)."
            | Rounds _ -> "measured rounds (default 3)."
            | Folder _ -> "a folder on the disk that is measured (default .)."
            | Threads _ -> "threads (default: all processors)."
            | Json -> "print one JSON object."

let private examples =
    [ "bench store"; "bench store --size 4GiB --dtype bf16 --json" ]

let private rate (bytesPerSecond: float) =
    (bytesPerSecond / 1e9).ToString("0.00", CultureInfo.InvariantCulture) + " GB/s"

let private run arguments =
    let options = parse<StoreOptions> "bench store" examples arguments

    let number option fallback =
        Option.map (wholeNumber option 1) >> Option.defaultValue fallback

    options.TryGetResult Threads
    |> Option.iter (fun text -> Workers.Count <- wholeNumber "--threads" 1 text)

    Libtorch.Load() |> ignore

    let spec =
        StoreBenchmarkSpec(
            byteCount "--size" (options.GetResult(Size, "1GiB")),
            number "--d" 768 (options.TryGetResult D),
            StoreDtypes.Parse(options.GetResult(Dtype, "f32")),
            number "--batch" 2048 (options.TryGetResult Batch),
            number "--rounds" 3 (options.TryGetResult Rounds)
        )

    let folder =
        Directory.CreateDirectory(
            Path.Combine(options.GetResult(Folder, "."), $"bench-store-{System.Environment.ProcessId}")
        )

    let result =
        try
            StoreBenchmark.Run(spec, folder.FullName, (fun what -> eprintfn "%s" what))
        finally
            folder.Delete true

    if options.Contains Json then
        printfn
            "%s"
            (render (
                Fields
                    [
                        "copy_bytes_per_s", Number result.CopyRate
                        "write_bytes_per_s", Number result.WriteRate
                        "write_ratio", Number result.WriteRatio
                        "read_bytes_per_s", Number result.ReadRate
                    ]
            ))
    else
        printfn "plain write               %s" (rate result.CopyRate)

        printfn
            "store                     %s   %s of the plain write"
            (rate result.WriteRate)
            (result.WriteRatio.ToString("0.00", CultureInfo.InvariantCulture))

        printfn "shuffled batches, cached  %s" (rate result.ReadRate)

    0

let command =
    {
        Name = "store"
        Summary = "writing and reading activations against a plain write"
        Examples = examples
        Run = run
    }
