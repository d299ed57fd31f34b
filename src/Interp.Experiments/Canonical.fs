namespace Interp

open System
open System.Globalization
open System.Security.Cryptography
open System.Text
open System.Text.Json

[<RequireQualifiedAccess>]
type Canon =
    | Null
    | Flag of bool
    | Integer of int64
    | Number of float
    | Text of string
    | Items of Canon list
    | Fields of (string * Canon) list

[<RequireQualifiedAccess>]
module Canonical =
    let number (value: float) =
        if not (Double.IsFinite value) then
            invalidArg (nameof value) "A number that is not finite has no canonical form."

        let text = (value + 0.0).ToString("R", CultureInfo.InvariantCulture)

        if text |> Seq.exists (fun c -> c = '.' || c = 'E') then
            text
        else
            text + ".0"

    let quote (text: string) =
        let escape (builder: StringBuilder) c =
            match c with
            | '"' -> builder.Append "\\\""
            | '\\' -> builder.Append "\\\\"
            | '\n' -> builder.Append "\\n"
            | c when c < ' ' || c = '\u007f' ->
                builder.Append("\\u").Append((int c).ToString("x4", CultureInfo.InvariantCulture))
            | c -> builder.Append c

        (Seq.fold escape (StringBuilder("\"")) text).Append('"').ToString()

    let rec write indent pretty value =
        let inner = indent + "  "

        let block (first: string) (last: string) lines =
            match lines, pretty with
            | [], _ -> first + last
            | lines, false -> first + String.concat "," lines + last
            | lines, true -> first + "\n" + String.concat ",\n" (lines |> List.map ((+) inner)) + "\n" + indent + last

        match value with
        | Canon.Null -> "null"
        | Canon.Flag flag -> if flag then "true" else "false"
        | Canon.Integer integer -> integer.ToString CultureInfo.InvariantCulture
        | Canon.Number value -> number value
        | Canon.Text text -> quote text
        | Canon.Items items -> items |> List.map (write inner pretty) |> block "[" "]"
        | Canon.Fields fields ->
            fields
            |> List.sortWith (fun (a, _) (b, _) -> String.CompareOrdinal(a, b))
            |> List.map (fun (name, field) -> quote name + (if pretty then ": " else ":") + write inner pretty field)
            |> block "{" "}"

    let encode value = write "" false value

    let print value = write "" true value + "\n"

    let digest value =
        encode value |> Encoding.UTF8.GetBytes |> SHA256.HashData |> Convert.ToHexStringLower

    let rec ofJson (element: JsonElement) =
        match element.ValueKind with
        | JsonValueKind.True -> Canon.Flag true
        | JsonValueKind.False -> Canon.Flag false
        | JsonValueKind.String -> Canon.Text(string (element.GetString()))
        | JsonValueKind.Number ->
            match element.TryGetInt64() with
            | true, integer when not (element.GetRawText() |> Seq.exists (fun c -> c = '.' || c = 'e' || c = 'E')) ->
                Canon.Integer integer
            | _ -> Canon.Number(element.GetDouble())
        | JsonValueKind.Array -> element.EnumerateArray() |> Seq.map ofJson |> List.ofSeq |> Canon.Items
        | JsonValueKind.Object ->
            element.EnumerateObject()
            |> Seq.map (fun field -> field.Name, ofJson field.Value)
            |> List.ofSeq
            |> Canon.Fields
        | _ -> Canon.Null

    let parse (text: string) =
        try
            use document =
                JsonDocument.Parse(text, JsonDocumentOptions(MaxDepth = 64, AllowDuplicateProperties = false))

            Ok(ofJson document.RootElement)
        with :? JsonException as error ->
            let place =
                match Option.ofNullable error.LineNumber, Option.ofNullable error.BytePositionInLine with
                | Some line, Some column -> $"line {line + 1L}, column {column + 1L}: "
                | _ -> ""

            // Behind the sentence, which may name a path with dots, the runtime says the place once more.
            let sentence =
                error.Message.Split([| " Path:"; " LineNumber:" |], StringSplitOptions.None)[0]

            Error(place + sentence.TrimEnd('.', ' ') + ".")

    let tryField name value =
        match value with
        | Canon.Fields fields -> fields |> List.tryFind (fst >> (=) name) |> Option.map snd
        | _ -> None

    let tryText name value =
        match tryField name value with
        | Some(Canon.Text text) -> Some text
        | _ -> None

    let fields name value =
        match tryField name value with
        | Some(Canon.Fields fields) -> fields
        | _ -> []

    let items name value =
        match tryField name value with
        | Some(Canon.Items items) -> items
        | _ -> []
