/// `interp bench train`: the training step against the one product that it cannot do without.
module Interp.Cli.BenchCommand

open System
open System.Globalization
open Argu
open Interp
open Interp.Autoencoders
open Interp.Benchmarks
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Runtime

type TrainOptions =
    | Tokens of count: string
    | D of width: string
    | Latents of count: string
    | K of count: string
    | Aux
    | Clip
    | Rounds of count: string
    | Kernel of name: string
    | Kind of name: string
    | Saes of count: string
    | Way of name: string
    | Threads of count: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Tokens _ -> "tokens per batch (default 2048)."
            | D _ -> "width of the activations (default 768)."
            | Latents _ -> "number of latents (default 6144)."
            | K _ -> "active latents per token (default 32); kinds without a K start with so many on average."
            | Aux -> "5 % of the latents are dead and AuxK is on, with k_aux = d/2."
            | Clip -> "clip the gradient, which costs a second pass over it."
            | Rounds _ -> "measured rounds (default 15)."
            | Kernel _ -> "automatic (default), cpu or aten."
            | Kind _ -> "kind of dictionary, as in sae.kind (default topk)."
            | Saes _ -> "step so many autoencoders side by side as well, against one after the other."
            | Way _ ->
                "how entries are computed: rule (default), sparse, dense, or both, which says whether the rule takes the faster."
            | Threads _ -> "threads (default: all processors)."
            | Json -> "print one JSON object."

let private examples =
    [
        "bench train"
        "bench train --d 3072 --latents 12288 --k 64"
        "bench train --aux --json"
        "bench train --k 600 --way both"
    ]

let private kernelOf name =
    match name with
    | "automatic" -> SaeKernel.Automatic
    | "cpu" -> SaeKernel.Cpu
    | "aten" -> SaeKernel.Aten
    | other -> raise (InterpException $"There is no kernel '{other}'; there are automatic, cpu and aten.")

let private wayOf name =
    match name with
    | "rule" -> StepWay.Rule
    | "sparse" -> StepWay.Sparse
    | "dense" -> StepWay.Dense
    | "both" -> StepWay.Both
    | other -> raise (InterpException $"There is no way '{other}'; there are rule, sparse, dense and both.")

let private kindOf name =
    match RecipeCodec.saeKind.Parse name with
    | Some kind -> TrainingRecipe.kindOf Spec.Default kind
    | None -> raise (InterpException $"There is no kind '{name}'; give {RecipeCodec.saeKind.Expected}.")

let private partName (part: Kernels.StepPart) = part.ToString().ToLowerInvariant()

let private text (format: string) (number: float) =
    number.ToString(format, CultureInfo.InvariantCulture)

let private usesK (spec: TrainBenchmarkSpec) =
    match spec.Kind with
    | null -> true
    | kind -> kind.UsesK

let private wayName isDense = if isDense then "dense" else "sparse"

let private json (result: TrainBenchmarkResult) =
    Fields
        [
            "ratio", Number result.Ratio
            "gemm_ms", Number result.ProductMilliseconds
            "step_ms", Number result.StepMilliseconds
            "gemm_gflops", Number result.ProductGigaflops
            "memory_ratio", Number result.MemoryRatio
            "kernel", Text result.Kernel
            "kind",
            Text(
                match result.Spec.Kind with
                | null -> "topk"
                | kind -> kind.Name
            )
            "side_by_side",
            (match Option.ofNullable result.SideBySide with
             | Some ratio -> Number ratio
             | None -> Null)
            "k",
            (if usesK result.Spec then
                 Integer(int64 result.Spec.K)
             else
                 Null)
            match Option.ofNullable result.Ways with
            | Some ways ->
                "ways",
                Fields
                    [
                        "sparse_ms", Number ways.Sparse
                        "dense_ms", Number ways.Dense
                        "rule", Text(wayName ways.RuleIsDense)
                        "rule_is_faster", Flag ways.RuleIsFaster
                    ]
            | None -> ()
            "threads", Integer(int64 Workers.Count)
            "copy_gb_per_s", Number result.CopyGigabytesPerSecond
            match Option.ofNullable result.WaitingMilliseconds with
            | Some waiting ->
                "parts",
                Fields
                    [
                        for part in result.Parts ->
                            partName part.Key,
                            Fields
                                [
                                    "ms", Number part.Value.Milliseconds
                                    "share", Number(part.Value.Milliseconds / result.StepMilliseconds)
                                    "memory_ms", Number part.Value.MemoryMilliseconds
                                ]
                    ]

                "waiting_ms", Number waiting
            | None -> ()
            "live_tensors_before", Integer result.LiveTensorsBefore
            "live_tensors_after", Integer result.LiveTensorsAfter
        ]

let private print (result: TrainBenchmarkResult) =
    let spec = result.Spec

    printfn
        "%d tokens, d %d, %d latents, %s%s; %d threads, %s kernel, medians of %d rounds"
        spec.Tokens
        spec.Width
        spec.Latents
        (if usesK spec then
             $"k {spec.K}"
         else
             $"about {spec.K} active at first")
        (if spec.Auxiliary then ", AuxK on 5 % dead latents" else "")
        Workers.Count
        result.Kernel
        spec.Rounds

    printfn ""

    printfn
        "encoder product  %9s ms   %s Gflop/s"
        (text "0.0" result.ProductMilliseconds)
        (text "0" result.ProductGigaflops)

    printfn "training step    %9s ms   ratio %s" (text "0.0" result.StepMilliseconds) (text "0.00" result.Ratio)

    result.Ways
    |> Option.ofNullable
    |> Option.iter (fun ways ->
        printfn
            "sparse %s ms, dense %s ms; the rule takes %s, the %s"
            (text "0.0" ways.Sparse)
            (text "0.0" ways.Dense)
            (wayName ways.RuleIsDense)
            (if ways.RuleIsFaster then "faster" else "slower"))

    result.WaitingMilliseconds
    |> Option.ofNullable
    |> Option.iter (fun waiting ->
        printfn ""
        printfn "part                    ms   share   memory alone"

        let line name milliseconds memory =
            if milliseconds > 0.0 then
                printfn
                    "%-15s %10s   %4s %%   %s"
                    name
                    (text "0.0" milliseconds)
                    (text "0" (100.0 * milliseconds / result.StepMilliseconds))
                    (if memory > 0.0 then text "0.0" memory + " ms" else "")

        for part in result.Parts do
            line (partName part.Key) part.Value.Milliseconds part.Value.MemoryMilliseconds

        line "waiting" waiting 0.0)

    printfn ""

    printfn
        "memory %s of the parameters' 16 bytes each; copying %s GB/s; live tensors %d before, %d after"
        (text "0.00" result.MemoryRatio)
        (text "0.0" result.CopyGigabytesPerSecond)
        result.LiveTensorsBefore
        result.LiveTensorsAfter

    result.SideBySide
    |> Option.ofNullable
    |> Option.iter (fun ratio ->
        printfn "%d side by side take %s of the time of one after the other" spec.Count (text "0.00" ratio))

let private train arguments =
    let options = parse<TrainOptions> "bench train" examples arguments

    let number name value fallback =
        value |> Option.map (wholeNumber name 1) |> Option.defaultValue fallback

    options.TryGetResult Threads
    |> Option.map (wholeNumber "--threads" 1)
    |> Option.iter (fun count -> Workers.Count <- count)

    let standard = TrainBenchmarkSpec()

    let spec =
        TrainBenchmarkSpec(
            number "--tokens" (options.TryGetResult Tokens) standard.Tokens,
            number "--d" (options.TryGetResult D) standard.Width,
            number "--latents" (options.TryGetResult Latents) standard.Latents,
            number "--k" (options.TryGetResult K) standard.K,
            options.Contains Aux,
            options.Contains Clip,
            number "--rounds" (options.TryGetResult Rounds) standard.Rounds,
            options.TryGetResult Kernel |> Option.map kernelOf |> Option.defaultValue SaeKernel.Automatic,
            (options.TryGetResult Kind |> Option.map kindOf |> Option.toObj),
            number "--saes" (options.TryGetResult Saes) 1,
            options.TryGetResult Way |> Option.map wayOf |> Option.defaultValue StepWay.Rule
        )

    let interactive = not Console.IsErrorRedirected

    let progress round rounds =
        if interactive then
            eprintf "\rround %d of %d" round rounds

    let result = TrainBenchmark.Run(spec, progress)

    if interactive then
        eprintf "\r\x1b[2K"

    if options.Contains Json then
        printfn "%s" (render (json result))
    else
        print result

    0

let command =
    group
        "bench"
        "measure the training step, a grid in one pass, the extraction, and activation stores"
        "USAGE: interp bench WHAT [OPTIONS]"
        [
            {
                Name = "train"
                Summary = "a training step against the encoder's product"
                Examples = examples
                Run = train
            }
            BenchPass.command
            BenchExtract.command
            BenchStore.command
        ]
