namespace Interp

open System.Globalization

/// How the settings of a dictionary and its training that have a form of their own are written.
[<RequireQualifiedAccess>]
module internal RecipeCodec =
    let dictionarySize =
        let show size =
            match size with
            | Expansion factor -> $"x{factor.ToString CultureInfo.InvariantCulture}"
            | Latents count -> count.ToString CultureInfo.InvariantCulture

        let read (text: string) =
            if text.StartsWith 'x' then
                Codec.tryInt (text.Substring 1) |> Option.map Expansion
            else
                Codec.tryInt text |> Option.map Latents

        Codec.text
            (JsonShape.pattern $"x?{Codec.digits}")
            "x8 for eight times the width, or a number of latents"
            show
            read

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
                let read = sizes.Split '/' |> Array.map Codec.tryInt |> List.ofArray

                if List.forall Option.isSome read then
                    Some(Matryoshka(List.choose id read))
                else
                    None
            | _ -> kinds |> List.tryFind (fun (name, _) -> name = text) |> Option.map snd

        let names = kinds |> List.map fst
        let sizes = $"matryoshka:(({Codec.digits}/)*{Codec.digits})?"
        let schema = JsonShape.pattern (String.concat "|" (names @ [ sizes ]))
        let listed = String.concat ", " names

        { Codec.text schema $"{listed}, or matryoshka:SIZES such as matryoshka:64/256" show read with
            Words = names @ [ "matryoshka:SIZES" ]
        }

    let private schedules =
        [ "linear", Linear; "cosine", Cosine; "exponential", Exponential; "step", Step ]

    let kSchedule =
        let show schedule =
            let spell name (from: int) until =
                $"{name}:{from.ToString CultureInfo.InvariantCulture}:{Codec.showFloat until}"

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
                match List.tryFind (fst >> (=) name) schedules, Codec.tryInt from, Codec.tryFloat until with
                | Some(_, make), Some from, Some until -> Some(make (from, until))
                | _ -> None
            | _ -> None

        let forms = schedules |> List.map fst |> String.concat "|"
        let schema = JsonShape.pattern $"constant|({forms}):{Codec.digits}:{Codec.decimal}"

        let expected =
            "constant, or linear|cosine|exponential|step:FROM:UNTIL such as linear:512:0.25"

        { Codec.text schema expected show read with
            Words = "constant" :: (schedules |> List.map (fun (name, _) -> $"{name}:FROM:UNTIL"))
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
                | value -> Codec.float.Read value |> Option.map Rate
            Parse =
                function
                | "law" -> Some Law
                | text -> Codec.tryFloat text |> Option.map Rate
            Schema = JsonShape.anyOf [ Codec.float.Schema; JsonShape.pattern "law" ]
            Words = [ "law" ]
        }

    let aux =
        let show aux =
            match aux.KAux with
            | None -> Codec.showFloat aux.Coefficient
            | Some k -> $"{Codec.showFloat aux.Coefficient}:{k.ToString CultureInfo.InvariantCulture}"

        let read (text: string) =
            match List.ofArray (text.Split ':') with
            | [ coefficient ] ->
                Codec.tryFloat coefficient
                |> Option.map (fun value ->
                    { AuxSpec.Default with
                        Coefficient = value
                    })
            | [ coefficient; k ] ->
                match Codec.tryFloat coefficient, Codec.tryInt k with
                | Some coefficient, Some k ->
                    Some
                        {
                            Coefficient = coefficient
                            KAux = Some k
                        }
                | _ -> None
            | _ -> None

        Codec.text
            (JsonShape.pattern $"{Codec.decimal}(:{Codec.digits})?")
            "COEFFICIENT or COEFFICIENT:K, such as 0.03125:64"
            show
            read
