namespace Interp

open System
open System.Globalization
open Interp.Hooks

/// How a value of a spec is written in files and on the command line.
[<NoEquality; NoComparison>]
type internal Codec<'T> =
    {
        /// What is allowed, for error messages.
        Expected: string
        Write: 'T -> Canon
        Read: Canon -> 'T option
        /// Reads what was typed after `--set path=`.
        Parse: string -> 'T option
        /// JSON Schema of what `Write` gives.
        Schema: Canon
        /// The words among the allowed values, with the numbers that belong to them as in `linear:FROM:UNTIL`; the nearest is named when one
        /// is misspelt or lacks its numbers.
        Words: string list
    }

[<RequireQualifiedAccess>]
module internal Codec =
    let internal tryInt (text: string) =
        match Int32.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
        | true, value -> Some value
        | _ -> None

    let internal tryFloat (text: string) =
        match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value when Double.IsFinite value -> Some value
        | _ -> None

    let internal digits = "-?[0-9]+"
    let internal decimal = @"-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?"

    let internal showFloat (value: float) =
        value.ToString("R", CultureInfo.InvariantCulture)

    let int =
        {
            Expected = $"a whole number of at most {Int32.MaxValue}"
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
