/// `interp world`: the embedded world, its documents and its model.
module Interp.Cli.WorldCommand

open System.IO
open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Runtime

type TrainOptions =
    | Out of folder: string
    | Work of folder: string
    | Steps of count: string
    | Seed of number: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Out _ -> "folder to write the model to (default assets/world)."
            | Work _ -> "folder of the checkpoint that a stopped run goes on from (default .interp/world)."
            | Steps _ -> "optimiser steps (default 3500)."
            | Seed _ -> "seed of documents, weights and order (default 1)."

type TextOptions =
    | Documents of count: string
    | First of number: string
    | Seed of number: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Documents _ -> "how many documents (default 10)."
            | First _ -> "number of the first one (default 0)."
            | Seed _ -> "seed of the world (default 1)."

let private trainExamples = [ "world train"; "world train --out model --steps 100" ]

let private train arguments =
    let options = parse<TrainOptions> "world train" trainExamples arguments
    Libtorch.Load() |> ignore
    let recipe = WorldTrainingOptions.Default

    let number option smallest fallback =
        Option.map (wholeNumber option smallest) >> Option.defaultValue fallback

    WorldTraining.run
        (options.GetResult(Out, Path.Combine("assets", "world")))
        { recipe with
            Steps = options.TryGetResult Steps |> number "--steps" 1 recipe.Steps
            Seed = options.TryGetResult TrainOptions.Seed |> number "--seed" 0 (int recipe.Seed) |> int64
            WorkFolder = options.GetResult(Work, recipe.WorkFolder)
            Report = eprintfn "%s"
        }
    |> ignore

    0

let private textExamples = [ "world text"; "world text --documents 3 --first 100" ]

let private text arguments =
    let options = parse<TextOptions> "world text" textExamples arguments

    let number option smallest fallback =
        Option.map (wholeNumber option smallest) >> Option.defaultValue fallback

    let first = options.TryGetResult First |> number "--first" 0 0

    let seed = options.TryGetResult TextOptions.Seed |> number "--seed" 0 1

    for i in 0 .. (options.TryGetResult Documents |> number "--documents" 1 10) - 1 do
        printfn "%s\n" (World.document (int64 seed) (int64 (first + i))).Text

    0

let private commands =
    [
        {
            Name = "train"
            Summary = "make the language model and its tokenizer"
            Examples = trainExamples
            Run = train
        }
        {
            Name = "text"
            Summary = "print documents of the world"
            Examples = textExamples
            Run = text
        }
    ]

let command =
    group "world" "the embedded world: its documents and its model" "USAGE: interp world WHAT [OPTIONS]" commands
