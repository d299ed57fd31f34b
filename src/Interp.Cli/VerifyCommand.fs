/// `interp verify`: our values against golden ones, and what is stored against its digests.
module Interp.Cli.VerifyCommand

open Argu
open Interp
open Interp.Autoencoders
open Interp.Evaluation
open Interp.Cli.Arguments
open Interp.Formats
open Interp.Models
open Interp.Runtime
open Interp.Tokenization

type ModelOptions =
    | [<MainCommand; ExactlyOnce>] Path of path: string
    | Golden of folder: string
    | Corpus of file: string
    | Device of name: string
    | Precision of name: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Path _ -> "Hugging Face folder or .gguf file."
            | Golden _ -> "folder with golden*.safetensors; the model's own when left out."
            | Corpus _ -> "text that perplexity.json was made from; replays it."
            | Device _ -> "cpu (default) or cuda."
            | Precision _ -> "float32 (default), float64 or bfloat16."
            | Json -> "print one JSON object."

type TokenizerOptions =
    | [<MainCommand; ExactlyOnce>] Path of path: string
    | Golden of file: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Path _ -> "folder with tokenizer.json, or .gguf file."
            | Golden _ -> "golden lines; golden.jsonl beside the tokenizer when left out."
            | Json -> "print one JSON object."

type FolderOptions =
    | [<MainCommand; ExactlyOnce>] Path of folder: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Path _ -> "folder with the golden values."
            | Json -> "print one JSON object."

let private orNull option = option |> Option.toObj

let private modelExamples =
    [
        "verify model models/phi3"
        "verify model model.gguf --golden golden --corpus text.jsonl.gz"
    ]

let private model arguments =
    let options = parse<ModelOptions> "verify model" modelExamples arguments

    ModelVerification.Verify(
        options.GetResult ModelOptions.Path,
        orNull (options.TryGetResult ModelOptions.Golden),
        orNull (options.TryGetResult ModelOptions.Corpus),
        Devices.Parse(options.GetResult(ModelOptions.Device, "cpu")),
        Devices.ParsePrecision(options.GetResult(ModelOptions.Precision, "float32"))
    )
    |> VerifyOutput.print (options.Contains ModelOptions.Json)

let private tokenizerExamples =
    [
        "verify tokenizer models/phi3"
        "verify tokenizer model.gguf --golden golden.jsonl --json"
    ]

let private tokenizer arguments =
    let options = parse<TokenizerOptions> "verify tokenizer" tokenizerExamples arguments

    TokenizerVerification.Verify(
        options.GetResult TokenizerOptions.Path,
        orNull (options.TryGetResult TokenizerOptions.Golden)
    )
    |> VerifyOutput.print (options.Contains TokenizerOptions.Json)

type TrainingOptions =
    | [<MainCommand; ExactlyOnce>] Path of folder: string
    | Precision of name: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Path _ -> "folder with spec.json, trace.json and the recorded weights and batches."
            | Precision _ -> "float64 or float32; both when left out."
            | Json -> "print one JSON object."

let private trainingExamples =
    [
        "verify training fixtures/openai-topk"
        "verify training fixtures/openai-topk --precision float64 --json"
    ]

let private training arguments =
    let options = parse<TrainingOptions> "verify training" trainingExamples arguments
    Libtorch.Load() |> ignore

    let precision =
        options.TryGetResult TrainingOptions.Precision
        |> Option.map Devices.ParsePrecision
        |> Option.toNullable

    TrainingVerification.Verify(options.GetResult TrainingOptions.Path, precision)
    |> VerifyOutput.print (options.Contains TrainingOptions.Json)

let private ofFolder name example (verify: string -> VerifyReport) arguments =
    let options = parse<FolderOptions> $"verify {name}" [ example ] arguments
    Libtorch.Load() |> ignore

    verify (options.GetResult FolderOptions.Path)
    |> VerifyOutput.print (options.Contains FolderOptions.Json)

type StoreOptions =
    | [<MainCommand; Unique>] Path of path: string
    | Store of folder: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Path _ -> "activation store, by its folder or its name; everything in the store when left out."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."
            | Json -> "print one JSON object."

let private storeExamples =
    [
        "verify store"
        "verify store demo --json"
        "verify store .interp/activations/demo/blocks.1.hook_resid_post"
    ]

let private store arguments =
    let options = parse<StoreOptions> "verify store" storeExamples arguments
    let store = Interp.Store.Open(options.TryGetResult StoreOptions.Store)
    Libtorch.Load() |> ignore

    match options.TryGetResult StoreOptions.Path with
    | Some path -> StoreVerification.ofPath store path
    | None -> StoreVerification.all store
    |> VerifyOutput.print (options.Contains StoreOptions.Json)

let private commands =
    [
        {
            Name = "model"
            Summary = "hidden states, logits and losses of a model"
            Examples = modelExamples
            Run = model
        }
        {
            Name = "tokenizer"
            Summary = "ids, decoded texts and offsets"
            Examples = tokenizerExamples
            Run = tokenizer
        }
        {
            Name = "training"
            Summary = "a recorded training run, replayed step by step"
            Examples = trainingExamples
            Run = training
        }
        {
            Name = "metrics"
            Summary = "FVU, L0, CE recovered and the other metrics of a recorded SAE"
            Examples = [ "verify metrics fixtures/metrics" ]
            Run = ofFolder "metrics" "verify metrics fixtures/metrics" MetricsVerification.Verify
        }
        {
            Name = "gguf"
            Summary = "block formats of GGUF files"
            Examples = [ "verify gguf fixtures/gguf" ]
            Run = ofFolder "gguf" "verify gguf fixtures/gguf" GgufVerification.Verify
        }
        {
            Name = "store"
            Summary = "digests and numbers of artifacts and activations"
            Examples = storeExamples
            Run = store
        }
    ]

let command =
    group
        "verify"
        ("compare with what was recorded: " + (commands |> List.map _.Name |> String.concat ", "))
        "USAGE: interp verify WHAT [PATH] [--json]"
        commands
