namespace Interp.Grammar

open System
open System.Collections.Generic

/// Labels that follow from the characters alone: brackets, quotes, numbers, and the parts of a sentence.
[<RequireQualifiedAccess>]
module internal Surface =
    let private span concept start finish =
        {
            Concept = concept
            Start = start
            End = finish
        }

    let private negations =
        set [ "not"; "never"; "nobody"; "nothing"; "no"; "nowhere"; "without"; "none" ]

    /// Adds what lies between brackets (the outermost pair) or double quotes.
    let private enclosed (text: string) (spans: List<LabelSpan>) =
        let mutable depth = 0
        let mutable bracket = 0
        let mutable quote = -1

        for i in 0 .. text.Length - 1 do
            match text[i] with
            | '('
            | '['
            | '{' ->
                if depth = 0 then
                    bracket <- i + 1

                depth <- depth + 1
            | ')'
            | ']'
            | '}' ->
                depth <- depth - 1

                if depth = 0 && i > bracket then
                    spans.Add(span Concept.inBracket bracket i)
            | '"' when quote < 0 -> quote <- i + 1
            | '"' ->
                if i > quote then
                    spans.Add(span Concept.inQuote quote i)

                quote <- -1
            | _ -> ()

    /// Calls `visit` with start and end of every longest run of characters of that class.
    let private runs (text: string) start finish (belongs: char -> bool) visit =
        let mutable i = start

        while i < finish do
            if belongs text[i] then
                let first = i

                while i < finish && belongs text[i] do
                    i <- i + 1

                visit first i
            else
                i <- i + 1

    let private ends = ".!?"

    let private sentence (text: string) (spans: List<LabelSpan>) start finish =
        let mutable fresh = true
        let mutable sentenceFrom = start
        let mutable negatedFrom = -1

        /// What the sentence ends with at this place, and the next one begins.
        let close until =
            if negatedFrom >= 0 then
                spans.Add(span Concept.negated negatedFrom until)

            negatedFrom <- -1
            fresh <- true

        runs text start finish (fun letter -> Char.IsLetterOrDigit letter || ends.Contains letter) (fun from until ->
            let last = until - 1
            let ended = ends.Contains text[last]

            let word =
                if ended then
                    text.Substring(from, last - from)
                else
                    text.Substring(from, until - from)

            if fresh && word.Length > 0 then
                spans.Add(span Concept.sentenceStart from (from + word.Length))
                sentenceFrom <- from
                fresh <- false

            if negatedFrom < 0 && negations.Contains(word.ToLowerInvariant()) then
                negatedFrom <- from

            if ended then
                spans.Add(span Concept.sentenceEnd last until)

                if text[last] = '?' then
                    spans.Add(span Concept.question sentenceFrom until)

                close until)

        close finish

    /// Adds the labels of the whole document; `sentences` are starts and ends.
    let label (text: string) (sentences: List<struct (int * int)>) (spans: List<LabelSpan>) =
        enclosed text spans
        runs text 0 text.Length Char.IsAsciiDigit (fun from until -> spans.Add(span Concept.number from until))

        for struct (start, finish) in sentences do
            if finish > start then
                sentence text spans start finish
