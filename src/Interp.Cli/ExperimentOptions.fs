/// Options that `run` and `plan` share, and what they make of a config.
module Interp.Cli.ExperimentOptions

open System.IO
open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Runtime

type ExperimentOptions =
    | [<MainCommand; ExactlyOnce>] Config of path: string
    | Set of edit: string
    | Name of name: string
    | Model of path: string
    | Corpus of path: string
    | Text_Field of name: string
    | Device of name: string
    | Precision of name: string
    | Kernel of name: string
    | Threads of count: string
    | On_Divergence of choice: string
    | Live
    | Memory of size: string
    | Keep_Checkpoints of count: string
    | Retry_Failed
    | Store of folder: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Config _ -> "a .fsx script whose last value is the experiment, or a spec.json."
            | Set _ ->
                "PATH=VALUE, such as sae.k=16 or train.kSchedule=linear:512:0.25; a comma list makes an axis. Repeatable."
            | Name _ -> "store the result under another name."
            | Model _ -> $"{models}; in place of the config's."
            | Corpus _ -> $"{texts}; in place of the config's text."
            | Text_Field _ -> "field of a record that holds the text (default text)."
            | Device _ -> "cpu (default) or cuda."
            | Precision _ -> "of the model: float32 (default), float64 or bfloat16."
            | Kernel _ -> "of the trainer: automatic (default), cpu or aten."
            | Threads _ -> "threads (default: all processors); results do not depend on it."
            | On_Divergence _ ->
                "when a training's loss is no longer a number: continue with the other cells (default), or stop."
            | Live ->
                "train while extracting: training activations stay in memory instead of being stored; same results."
            | Memory _ ->
                "memory that the run may take, such as 6GiB (default: four fifths of what is free); what does not fit trains in several passes."
            | Keep_Checkpoints _ -> "checkpoints that a training under way keeps (default 2)."
            | Retry_Failed ->
                "try stages again that failed in an earlier run; without it their message is shown at once."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."
            | Json -> "print one JSON object."

/// An experiment that was read, edited and validated.
[<NoEquality; NoComparison>]
type Prepared =
    {
        Experiment: Experiment
        Inputs: Inputs
        Store: Store
        Json: bool
        Options: RunOptions
        /// The command line that makes the result, without what does not change it.
        Command: string
        /// The command line as it was typed.
        Typed: string
    }

/// What keeps a config from being run or planned, though it can be shown and compared.
let private lostStages config (experiment: Experiment) =
    [
        for own in experiment.Stages do
            if not own.IsHere then
                $"{config} has the stage {own.Name}, a function of the script that made the file; run that script instead."
    ]

/// Ends the command with every error on a line of its own, if there are any.
let refuse errors =
    if not (List.isEmpty errors) then
        raise (InterpException(String.concat "\n" errors))

/// The experiment of a config after what was typed after --set, more edits and perhaps another name, with all that is wrong with the edits
/// and with what they gave.
let edited (store: Store) config (sets: string list) more name =
    let parsed = sets |> List.map Overrides.parse
    let edits = parsed |> List.choose Result.toOption

    let wrong =
        parsed
        |> List.choose (function
            | Error error -> Some error
            | Ok _ -> None)

    let experiment, errors =
        ConfigScript.load store.Root config |> Overrides.applyAll (edits @ more)

    let experiment =
        { experiment with
            Name = defaultArg name experiment.Name
        }

    experiment, wrong @ errors @ Validation.experiment experiment

let private stopOnDivergence choice =
    match choice with
    | None
    | Some "continue" -> false
    | Some "stop" -> true
    | Some other -> raise (InterpException $"--on-divergence is '{other}'; give continue or stop.")

/// Reads the config, applies the edits and checks everything that can be checked before work begins.
let prepare command examples arguments =
    let options = parse<ExperimentOptions> command examples arguments

    options.TryGetResult Threads
    |> Option.iter (fun text -> Workers.Count <- wholeNumber "--threads" 1 text)

    let store = Store.Open(options.TryGetResult Store)
    let config = options.GetResult Config

    let shorthand =
        [
            "model", options.TryGetResult Model
            "corpus.source", options.TryGetResult Corpus
            "corpus.textField", options.TryGetResult Text_Field
            "device", options.TryGetResult Device
            "precision", options.TryGetResult Precision
            "kernel", options.TryGetResult Kernel
        ]
        |> List.choose (fun (path, value) -> value |> Option.map (fun value -> path, value))

    let experiment, errors =
        edited store config (options.GetResults Set) shorthand (options.TryGetResult Name)

    let inputs = Inputs store.Root
    let errors = lostStages config experiment @ errors

    let errorsOfModels =
        try
            Validation.models inputs.Config experiment
        with :? InterpException when not errors.IsEmpty ->
            []

    refuse (errors @ errorsOfModels)
    experiment.Cells |> List.map _.Spec.Device |> List.distinct |> List.iter (Devices.Parse >> ignore)

    let words =
        [ "interp"; "run"; config ]
        @ (options.GetResults Set |> List.collect (fun edit -> [ "--set"; edit ]))
        @ (List.zip
            [
                "--model"
                "--corpus"
                "--text-field"
                "--device"
                "--precision"
                "--kernel"
                "--name"
            ]
            ([
                options.TryGetResult Model
                options.TryGetResult Corpus
                options.TryGetResult Text_Field
                options.TryGetResult Device
                options.TryGetResult Precision
                options.TryGetResult Kernel
                options.TryGetResult Name
            ])
           |> List.collect (fun (option, value) ->
               match value with
               | Some value -> [ option; value ]
               | None -> []))

    {
        Experiment = experiment
        Inputs = inputs
        Store = store
        Json = options.Contains ExperimentOptions.Json
        Options =
            {
                StopOnDivergence = stopOnDivergence (options.TryGetResult On_Divergence)
                Live = options.Contains Live
                KeepCheckpoints =
                    options.TryGetResult Keep_Checkpoints
                    |> Option.map (wholeNumber "--keep-checkpoints" 1)
                    |> Option.defaultValue RunOptions.Default.KeepCheckpoints
                Memory = options.TryGetResult Memory |> Option.map (byteCount "--memory")
                RetryFailed = options.Contains Retry_Failed
                Command = typed words
            }
        Command = typed words
        Typed = typed ("interp" :: command :: arguments)
    }
