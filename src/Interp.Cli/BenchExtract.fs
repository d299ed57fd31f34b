/// `interp bench extract`: a pass up to a block against the linear layers that it cannot do without.
module Interp.Cli.BenchExtract

open System
open System.Globalization
open Argu
open Interp.Benchmarks
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Models
open Interp.Runtime

type ExtractBenchOptions =
    | Model of path: string
    | Layer of block: string
    | Context of tokens: string
    | Batch_Tokens of tokens: string
    | Rounds of count: string
    | Threads of count: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Model _ -> "a Hugging Face folder or a .gguf file."
            | Layer _ -> "the pass stops after this block, counted from 0 (default: the middle one)."
            | Context _ -> "tokens of a context (default 128)."
            | Batch_Tokens _ -> "tokens of a batch (default 4096); more where a thread would have no context."
            | Rounds _ -> "measured rounds (default 5)."
            | Threads _ -> "threads (default: all processors)."
            | Json -> "print one JSON object."

let private examples =
    [
        "bench extract --model SmolLM2-135M-Instruct.Q4_1.gguf --layer 15"
        "bench extract --model models/phi --layer 16 --context 512 --json"
    ]

let private json (spec: ExtractBenchmarkSpec) (result: ExtractBenchmarkResult) =
    Fields
        [
            "tokens_per_second", Number result.TokensPerSecond
            "bound_tokens_per_second", Number result.BoundTokensPerSecond
            "efficiency", Number result.Efficiency
            "peak_mb", Number result.PeakMegabytes
            "layer", Integer(int64 spec.Layer)
            "context", Integer(int64 spec.Context)
            "batch_tokens", Integer(int64 result.Tokens)
            "threads", Integer(int64 Workers.Count)
        ]

let private print (spec: ExtractBenchmarkSpec) (result: ExtractBenchmarkResult) =
    let text (format: string) (number: float) =
        number.ToString(format, CultureInfo.InvariantCulture)

    printfn
        "%d tokens in contexts of %d, blocks 0 to %d; %d threads, medians of %d rounds"
        result.Tokens
        spec.Context
        spec.Layer
        Workers.Count
        spec.Rounds

    printfn ""
    printfn "linear layers alone  %8s tokens/s" (text "0" result.BoundTokensPerSecond)

    printfn
        "extraction           %8s tokens/s   efficiency %s"
        (text "0" result.TokensPerSecond)
        (text "0.00" result.Efficiency)

    printfn "peak memory          %8s MB" (text "0" result.PeakMegabytes)

let private run arguments =
    let options = parse<ExtractBenchOptions> "bench extract" examples arguments

    let number name value smallest fallback =
        value |> Option.map (wholeNumber name smallest) |> Option.defaultValue fallback

    options.TryGetResult Threads
    |> Option.map (wholeNumber "--threads" 1)
    |> Option.iter (fun count -> Workers.Count <- count)

    let path =
        options.TryGetResult Model
        |> Option.defaultWith (fun () ->
            raise (InterpException "interp bench extract needs --model, a Hugging Face folder or a .gguf file."))

    use model = LanguageModel.Load(path, TorchSharp.torch.CPU)

    let spec =
        ExtractBenchmarkSpec(
            number "--layer" (options.TryGetResult Layer) 0 (model.Config.LayerCount / 2),
            number "--context" (options.TryGetResult Context) 1 128,
            number "--batch-tokens" (options.TryGetResult Batch_Tokens) 1 4096,
            number "--rounds" (options.TryGetResult Rounds) 1 5
        )

    let interactive = not Console.IsErrorRedirected

    let progress round rounds =
        if interactive then
            eprintf "\rround %d of %d" round rounds

    let result = ExtractBenchmark.Run(model, spec, progress)

    if interactive then
        eprintf "\r\x1b[2K"

    if options.Contains Json then
        printfn "%s" (render (json spec result))
    else
        print spec result

    0

let command =
    {
        Name = "extract"
        Summary = "reading activations against the linear layers"
        Examples = examples
        Run = run
    }
