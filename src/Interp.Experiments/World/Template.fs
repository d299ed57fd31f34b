namespace Interp.Grammar

open System
open System.Text.RegularExpressions

/// Sentences of a grammar written as they will read:
/// `[animal]` draws a word, `[animal:s]` one of its forms, `[3-9]` a number; `{hero}` and `{hero:his}` recall what the
/// document remembers; `<big|small>` is one of the alternatives; `<#winner {first}>` marks a concept; `{a}` is the
/// indefinite article of what follows it. Words of running text carry the concepts that `Lexicon.conceptsOf` gives them.
[<AutoOpen>]
module internal Template =
    let private drawn (name: string) =
        match name.Split ':' with
        | [| group |] -> Draw(Lexicon.group group, "")
        | [| group; form |] -> Draw(Lexicon.group group, form)
        | _ -> invalidArg (nameof name) $"The template asks for '[{name}]'."

    let private recalled (name: string) =
        match name.Split ':' with
        | [| slot |] -> Recall(slot, "")
        | [| slot; form |] -> Recall(slot, form)
        | _ -> invalidArg (nameof name) $"The template asks for '{{{name}}}'."

    /// Running text, with the concepts that hold on its words.
    let private literal (text: string) =
        let marked =
            [
                for piece in Regex.Split(text, "([A-Za-z]+)") do
                    if piece <> "" then
                        piece, Lexicon.conceptsOf piece
            ]

        let rec gather (plain: string) pieces =
            match pieces with
            | [] -> [ Literal plain ]
            | (piece, []) :: rest -> gather (plain + piece) rest
            | (piece, concepts) :: rest ->
                let word =
                    List.fold (fun part concept -> Mark(concept, part)) (Literal piece) concepts

                Literal plain :: word :: gather "" rest

        gather "" marked
        |> List.filter (fun part ->
            match part with
            | Literal "" -> false
            | _ -> true)

    let private stops = [| '['; '{'; '<'; '|'; '>' |]

    let private sequence parts =
        match parts with
        | [ part ] -> part
        | _ -> Sequence parts

    /// The parts from `start` to the end of this alternative, and where they end.
    let rec private parts (text: string) start nested : Part list * int =
        if start = text.Length then
            [], start
        else
            match text[start] with
            | '['
            | '{' as opening ->
                let close = text.IndexOf((if opening = '[' then ']' else '}'), start)
                let name = text.Substring(start + 1, close - start - 1)

                if opening = '{' && name = "a" then
                    let rest, finish = parts text (close + 2) nested
                    [ Article(sequence rest) ], finish
                else
                    let rest, finish = parts text (close + 1) nested
                    (if opening = '[' then drawn name else recalled name) :: rest, finish
            | '<' ->
                let part, close = alternatives text (start + 1)
                let rest, finish = parts text close nested
                part :: rest, finish
            | '|'
            | '>' when nested -> [], start
            | _ ->
                let next = text.IndexOfAny(stops, start + 1)
                let next = if next < 0 then text.Length else next
                let rest, finish = parts text next nested
                literal (text.Substring(start, next - start)) @ rest, finish

    and private alternatives text start =
        if text[start] = '#' then
            let space = text.IndexOf(' ', start)
            let inner, finish = parts text (space + 1) true
            Mark(Concept.named (text.Substring(start + 1, space - start - 1)), sequence inner), finish + 1
        else
            let rec collect start found =
                let inner, finish = parts text start true
                let found = sequence inner :: found

                if text[finish] = '|' then
                    collect (finish + 1) found
                else
                    List.rev found, finish + 1

            let choices, finish = collect start []
            oneOf choices, finish

    /// Text with the marks of this module.
    let template (text: string) =
        try
            sequence (fst (parts text 0 false))
        with
        | :? ArgumentOutOfRangeException
        | :? IndexOutOfRangeException ->
            invalidArg (nameof text) $"The template '{text}' has a bracket that does not close."

    /// A sentence given by its template.
    let say text = Sentence(template text)

    /// One of the sentences.
    let says texts = oneOf (List.map say texts)

    /// The sentences, one after the other.
    let tell parts = separated " " parts

    /// A title on a line of its own.
    let title texts =
        Sequence [ Mark(Concept.heading, Sentence(oneOf (List.map template texts))); line ]
