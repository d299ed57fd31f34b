namespace Interp

open System
open System.Globalization
open Interp.Hooks

/// How a value of a spec is written in files and on the command line.
[<NoEquality; NoComparison>]
type Codec<'T> =
    {
        /// What is allowed, for error messages.
        Expected: string
        Write: 'T -> Canon
        Read: Canon -> 'T option
        /// Reads what was typed after `--set path=`.
        Parse: string -> 'T option
        /// JSON Schema of what `Write` gives.
        Schema: Canon
        /// The words among the allowed values, of which the nearest is named when one is misspelt.
        Words: string list
    }

[<RequireQualifiedAccess>]
module Codec =
    let private tryInt (text: string) =
        match Int32.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
        | true, value -> Some value
        | _ -> None

    let private tryFloat (text: string) =
        match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value when Double.IsFinite value -> Some value
        | _ -> None

    let private digits = "-?[0-9]+"
    let private decimal = @"-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?"

    let internal showFloat (value: float) =
        value.ToString("R", CultureInfo.InvariantCulture)

    let int =
        {
            Expected = "a whole number"
            Write = fun value -> Canon.Integer(int64 value)
            Read =
                function
                | Canon.Integer value when abs value <= int64 Int32.MaxValue -> Some(int32 value)
                | _ -> None
            Parse = tryInt
            Schema = JsonShape.typed "integer"
            Words = []
        }

    let float =
        {
            Expected = "a number"
            Write = Canon.Number
            Read =
                function
                | Canon.Number value -> Some value
                | Canon.Integer value -> Some(Operators.float value)
                | _ -> None
            Parse = tryFloat
            Schema = JsonShape.typed "number"
            Words = []
        }

    let bool =
        {
            Expected = "true or false"
            Write = Canon.Flag
            Read =
                function
                | Canon.Flag value -> Some value
                | _ -> None
            Parse =
                function
                | "true" -> Some true
                | "false" -> Some false
                | _ -> None
            Schema = JsonShape.typed "boolean"
            Words = []
        }

    /// A value that has a text form; `read` gives None where a text is none of its forms.
    let text schema expected show read =
        {
            Schema = schema
            Words = []
            Expected = expected
            Write = show >> Canon.Text
            Read =
                function
                | Canon.Text text -> read text
                | _ -> None
            Parse = read
        }

    let string = text (JsonShape.typed "string") "text" id Some

    /// The TransformerLens name of a hook point that is called by any of its names; what is none stays, for the validation to refuse.
    let hookName (name: string) =
        match HookPoint.TryParse name with
        | true, point -> point.ToString()
        | _ -> name

    let hook =
        text (JsonShape.typed "string") "the name of a hook point" hookName (hookName >> Some)

    /// One of a few named values.
    let choice names =
        let nameOf value =
            names |> List.find (fun (_, known) -> known = value) |> fst

        let valueOf name =
            names |> List.tryFind (fun (known, _) -> known = name) |> Option.map snd

        let words = List.map fst names

        { text (JsonShape.oneOf words) (String.concat ", " words) nameOf valueOf with
            Words = words
        }

    /// A value that may be absent, written as null or `none`.
    let optional codec =
        {
            Expected = codec.Expected + ", or none"
            Write =
                function
                | None -> Canon.Null
                | Some value -> codec.Write value
            Read =
                function
                | Canon.Null -> Some None
                | value -> codec.Read value |> Option.map Some
            Parse =
                function
                | "none" -> Some None
                | text -> codec.Parse text |> Option.map Some
            Schema = JsonShape.anyOf [ codec.Schema; JsonShape.typed "null" ]
            Words = "none" :: codec.Words
        }

    let private storedPrefix = "activations:"

    /// `activations:NAME`, or several as `activations:NAME*0.5+OTHER`.
    let showStored stores =
        let part (name: string, weight: float) =
            if weight = 1.0 then name else $"{name}*{showFloat weight}"

        storedPrefix + String.concat "+" (List.map part stores)

    let readStored (text: string) =
        let part (text: string) =
            match List.ofArray (text.Split '*') with
            | [ name ] when name <> "" -> Some(name, 1.0)
            | [ name; weight ] when name <> "" -> tryFloat weight |> Option.map (fun weight -> name, weight)
            | _ -> None

        if text = storedPrefix then
            Some []
        elif text.StartsWith storedPrefix then
            let parts =
                text.Substring(storedPrefix.Length).Split '+' |> Array.map part |> List.ofArray

            if List.forall Option.isSome parts then
                Some(List.choose id parts)
            else
                None
        else
            None

    /// `world`, or a path.
    let source ofPath world =
        let show value =
            match ofPath value with
            | None -> "world"
            | Some path -> path

        text JsonShape.someText "world, or a path" show world

    let dictionarySize =
        let show size =
            match size with
            | Expansion factor -> $"x{factor.ToString CultureInfo.InvariantCulture}"
            | Latents count -> count.ToString CultureInfo.InvariantCulture

        let read (text: string) =
            if text.StartsWith 'x' then
                tryInt (text.Substring 1) |> Option.map Expansion
            else
                tryInt text |> Option.map Latents

        text (JsonShape.pattern $"x?{digits}") "x8 for eight times the width, or a number of latents" show read

    let private kinds =
        [
            "topk", TopK
            "multi-topk", MultiTopK
            "batchtopk", BatchTopK
            "jumprelu", JumpReLU
            "jumprelu-tanh", JumpReLUTanh
            "gated", Gated
            "relu", ReLU
            "transcoder", Transcoder
            "skip-transcoder", SkipTranscoder
        ]

    let saeKind =
        let show kind =
            match kind with
            | Matryoshka prefixes ->
                "matryoshka:"
                + String.concat "/" (prefixes |> List.map (fun size -> size.ToString CultureInfo.InvariantCulture))
            | kind -> kinds |> List.find (fun (_, known) -> known = kind) |> fst

        let read (text: string) =
            match List.ofArray (text.Split ':') with
            | [ "matryoshka"; "" ] -> Some(Matryoshka [])
            | [ "matryoshka"; sizes ] ->
                let read = sizes.Split '/' |> Array.map tryInt |> List.ofArray

                if List.forall Option.isSome read then
                    Some(Matryoshka(List.choose id read))
                else
                    None
            | _ -> kinds |> List.tryFind (fun (name, _) -> name = text) |> Option.map snd

        let names = kinds |> List.map fst
        let sizes = $"matryoshka:(({digits}/)*{digits})?"
        let schema = JsonShape.pattern (String.concat "|" (names @ [ sizes ]))
        let listed = String.concat ", " names

        { text schema $"{listed}, or matryoshka:SIZES such as matryoshka:64/256" show read with
            Words = names
        }

    let private schedules =
        [ "linear", Linear; "cosine", Cosine; "exponential", Exponential; "step", Step ]

    let kSchedule =
        let show schedule =
            let spell name (from: int) until =
                $"{name}:{from.ToString CultureInfo.InvariantCulture}:{showFloat until}"

            match schedule with
            | Constant -> "constant"
            | Linear(from, until) -> spell "linear" from until
            | Cosine(from, until) -> spell "cosine" from until
            | Exponential(from, until) -> spell "exponential" from until
            | Step(from, until) -> spell "step" from until

        let read (text: string) =
            match List.ofArray (text.Split ':') with
            | [ "constant" ] -> Some Constant
            | [ name; from; until ] ->
                match List.tryFind (fst >> (=) name) schedules, tryInt from, tryFloat until with
                | Some(_, make), Some from, Some until -> Some(make (from, until))
                | _ -> None
            | _ -> None

        let forms = schedules |> List.map fst |> String.concat "|"
        let schema = JsonShape.pattern $"constant|({forms}):{digits}:{decimal}"

        let expected =
            "constant, or linear|cosine|exponential|step:FROM:UNTIL such as linear:512:0.25"

        { text schema expected show read with
            Words = "constant" :: List.map fst schedules
        }

    let learningRate =
        {
            Expected = "a number, or law"
            Write =
                function
                | Law -> Canon.Text "law"
                | Rate rate -> Canon.Number rate
            Read =
                function
                | Canon.Text "law" -> Some Law
                | value -> float.Read value |> Option.map Rate
            Parse =
                function
                | "law" -> Some Law
                | text -> tryFloat text |> Option.map Rate
            Schema = JsonShape.anyOf [ float.Schema; JsonShape.pattern "law" ]
            Words = [ "law" ]
        }

    let aux =
        let show aux =
            match aux.KAux with
            | None -> showFloat aux.Coefficient
            | Some k -> $"{showFloat aux.Coefficient}:{k.ToString CultureInfo.InvariantCulture}"

        let read (text: string) =
            match List.ofArray (text.Split ':') with
            | [ coefficient ] ->
                tryFloat coefficient
                |> Option.map (fun value ->
                    { AuxSpec.Default with
                        Coefficient = value
                    })
            | [ coefficient; k ] ->
                match tryFloat coefficient, tryInt k with
                | Some coefficient, Some k ->
                    Some
                        {
                            Coefficient = coefficient
                            KAux = Some k
                        }
                | _ -> None
            | _ -> None

        text (JsonShape.pattern $"{decimal}(:{digits})?") "COEFFICIENT or COEFFICIENT:K, such as 0.03125:64" show read
