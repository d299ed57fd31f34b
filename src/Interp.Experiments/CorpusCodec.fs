namespace Interp

open System
open Interp.Activations

/// How the settings of the text are written in files and on the command line.
[<RequireQualifiedAccess>]
module internal CorpusCodec =
    let private named (text: string) =
        match text with
        | "" -> None
        | "world" -> Some WorldText
        | text when text.StartsWith("activations:", StringComparison.Ordinal) ->
            Codec.readStored text |> Option.map StoredActivations
        | text when text.StartsWith '-' -> Some(StandardInput(text.Substring 1))
        | path -> Some(TextFile path)

    let rec private write source =
        match source with
        | WorldText -> Canon.Text "world"
        | TextFile path -> Canon.Text path
        | StandardInput ending -> Canon.Text("-" + ending)
        | StoredActivations stores -> Canon.Text(Codec.showStored stores)
        | Mixed parts ->
            Canon.Items
                [
                    for weight, part in parts -> Canon.Fields [ "weight", Canon.Number weight; "source", write part ]
                ]

    let rec private read value =
        let part item =
            match item with
            | Canon.Fields fields ->
                match Map.tryFind "weight" (Map.ofList fields), Map.tryFind "source" (Map.ofList fields) with
                | Some weight, Some source ->
                    Option.map2 (fun weight source -> weight, source) (Codec.float.Read weight) (read source)
                | _ -> None
            | _ -> None

        match value with
        | Canon.Text text -> named text
        | Canon.Items items ->
            let parts = items |> List.map part

            if List.forall Option.isSome parts then
                Some(Mixed(List.choose id parts))
            else
                None
        | _ -> None

    let private parse (text: string) =
        let part (item: string) =
            match item.IndexOf '=' with
            | -1 -> None
            | at ->
                Option.map2
                    (fun weight source -> weight, source)
                    (Codec.float.Parse(item.Substring(0, at).Trim()))
                    (named (item.Substring(at + 1).Trim()))

        if text.StartsWith("mix:", StringComparison.Ordinal) then
            let parts = text.Substring(4).Split ';' |> List.ofArray |> List.map part

            if List.forall Option.isSome parts then
                Some(Mixed(List.choose id parts))
            else
                None
        else
            named text

    /// JSON Schema of an object with all of these fields and no other.
    let private record fields =
        Canon.Fields
            [
                "type", Canon.Text "object"
                "properties", Canon.Fields fields
                "required", Canon.Items(fields |> List.map (fst >> Canon.Text))
                "additionalProperties", Canon.Flag false
            ]

    /// Where the text comes from. In files a mixture is a list of objects with `weight` and `source`.
    let source =
        {
            Expected =
                "world, a path, - for standard input (-.csv where its kind must be said), mix:WEIGHT=SOURCE;WEIGHT=SOURCE, or activations:NAME"
            Write = write
            Read = read
            Parse = parse
            Words = []
            Schema =
                JsonShape.anyOf
                    [
                        JsonShape.someText
                        Canon.Fields
                            [
                                "type", Canon.Text "array"
                                "items",
                                record
                                    [
                                        "weight", Codec.float.Schema
                                        "source", Canon.Fields [ "$ref", Canon.Text "#/$defs/corpus.source" ]
                                    ]
                            ]
                    ]
        }

    let private parseChat (text: string) =
        let rest (prefix: string) = text.Substring prefix.Length

        if text = "messages" then
            Some(MessageList text)
        elif text.StartsWith("messages:", StringComparison.Ordinal) then
            Some(MessageList(rest "messages:"))
        elif text.StartsWith("columns:", StringComparison.Ordinal) then
            match (rest "columns:").Split '/' with
            | [| prompt; response |] when prompt <> "" && response <> "" -> Some(PromptAndResponse(prompt, response))
            | _ -> None
        else
            None

    /// Where conversations are. In files an object with `messages`, or with `prompt` and `response`.
    let chat =
        {
            Expected = "messages, messages:FIELD, or columns:PROMPT/RESPONSE"
            Write =
                function
                | MessageList field -> Canon.Fields [ "messages", Canon.Text field ]
                | PromptAndResponse(prompt, response) ->
                    Canon.Fields [ "prompt", Canon.Text prompt; "response", Canon.Text response ]
            Read =
                function
                | Canon.Text text -> parseChat text
                | Canon.Fields [ "messages", Canon.Text field ] -> Some(MessageList field)
                | Canon.Fields fields ->
                    match List.sortBy fst fields with
                    | [ "prompt", Canon.Text prompt; "response", Canon.Text response ] ->
                        Some(PromptAndResponse(prompt, response))
                    | _ -> None
                | _ -> None
            Parse = parseChat
            Words = []
            Schema =
                JsonShape.anyOf
                    [
                        record [ "messages", Codec.string.Schema ]
                        record [ "prompt", Codec.string.Schema; "response", Codec.string.Schema ]
                        JsonShape.pattern @"messages(:[\s\S]*)?|columns:[^/]+/[^/]+"
                    ]
        }

    /// A value as it is typed: mixtures and conversations have forms of their own.
    let typed value =
        match value, source.Read value, chat.Read value with
        | Canon.Null, _, _ -> "none"
        | Canon.Text text, _, _ -> text
        | _, Some(Mixed parts), _ ->
            let part (weight: float, source) =
                match write source with
                | Canon.Text text -> $"{Codec.showFloat weight}={text}"
                | nested -> Canonical.encode nested

            "mix:" + (parts |> List.map part |> String.concat ";")
        | _, _, Some(MessageList field) -> $"messages:{field}"
        | _, _, Some(PromptAndResponse(prompt, response)) -> $"columns:{prompt}/{response}"
        | value, _, _ -> Canonical.encode value

    /// `true` and `false` are what they were before there was a third rule.
    let bos =
        let words =
            [ "true", BosRule.Tokenizer; "always", BosRule.Always; "false", BosRule.None ]

        let choice = Codec.choice words

        { choice with
            Write =
                function
                | BosRule.Tokenizer -> Canon.Flag true
                | BosRule.None -> Canon.Flag false
                | rule -> choice.Write rule
            Read =
                function
                | Canon.Flag flag -> Some(if flag then BosRule.Tokenizer else BosRule.None)
                | value -> choice.Read value
            Schema = JsonShape.anyOf [ Codec.bool.Schema; choice.Schema ]
        }

    let packing =
        Codec.choice
            [
                "continuous", PackingStyle.Continuous
                "separated", PackingStyle.Separated
                "oneDocument", PackingStyle.OneDocument
            ]
