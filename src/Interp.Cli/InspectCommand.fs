/// `interp inspect`: what a file or folder is, after everything that loading would check was checked.
module Interp.Cli.InspectCommand

open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Nodes
open Argu
open Interp.Cli.Arguments
open Interp.Inspection
open Interp.Runtime

type InspectOptions =
    | [<MainCommand; ExactlyOnce>] Path of path: string
    | Text_Field of name: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Path _ ->
                "a model folder or org/name, .gguf, .safetensors, tokenizer.json, text file, SAE folder, atlas or activation store."
            | Text_Field _ -> "field of a JSON line that holds the text (default text)."
            | Json -> "print one JSON object."

let private examples =
    [
        "inspect assets/world"
        "inspect model.gguf --json"
        "inspect corpus.jsonl.gz --text-field body"
    ]

let private jsonOptions =
    JsonSerializerOptions(WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)

let rec private lines indent (facts: JsonObject) =
    let width = facts |> Seq.map (fun fact -> fact.Key.Length) |> Seq.fold max 0

    [
        for fact in facts do
            match fact.Value with
            | :? JsonObject as inner ->
                $"{indent}{fact.Key}"
                yield! lines (indent + "  ") inner
            | :? JsonArray as items when items.Count = 0 -> ()
            | :? JsonArray as items ->
                let texts = items |> Seq.map string |> String.concat ", "
                $"{indent}{fact.Key.PadRight width}  {texts}"
            | null -> ()
            | value -> $"{indent}{fact.Key.PadRight width}  {value.ToString()}"
    ]

let private inspect arguments =
    let options = parse<InspectOptions> "inspect" examples arguments
    Libtorch.Load() |> ignore

    let found =
        Inspector.Inspect(options.GetResult Path, options.GetResult(Text_Field, "text"))

    if options.Contains Json then
        let notFinite = JsonObject()

        for pair in found.NotFinite do
            notFinite[pair.Key] <- JsonValue.Create pair.Value

        let json = JsonObject()
        json["kind"] <- JsonValue.Create found.Kind
        json["passed"] <- JsonValue.Create found.Passed
        json["not_finite"] <- notFinite
        json["facts"] <- found.Facts
        printfn "%s" (json.ToJsonString jsonOptions)
    else
        printfn "%s" found.Kind
        lines "  " found.Facts |> List.iter (printfn "%s")

        for pair in found.NotFinite do
            printfn "  NOT FINITE: %d values of %s" pair.Value pair.Key

    if found.Passed then 0 else 1

let command =
    {
        Name = "inspect"
        Summary = "what a file or folder is, fully checked; writes nothing"
        Examples = examples
        Run = inspect
    }
