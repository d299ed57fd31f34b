namespace Interp.Grammar

open System

/// How groups of words are written down: lists, and tables with a column for each form.
[<RequireQualifiedAccess>]
module internal Table =
    /// The pieces between white space.
    let split (text: string) =
        text.Split([| ' '; '\n' |], StringSplitOptions.RemoveEmptyEntries)

    let private form key (concepts: Concept list) (text: string) =
        {
            Key = key
            Text = text.Replace('_', ' ')
            Concepts = List.toArray concepts
        }

    /// A group given as a table: one row per word, one column per form.
    let table name columns rows =
        {
            Name = name
            Words =
                [|
                    for row in rows do
                        let cells = split row

                        if cells.Length <> List.length columns then
                            invalidArg (nameof rows) $"The row '{row}' of the group '{name}' has the wrong length."

                        {
                            Forms =
                                [|
                                    for (key, concepts), cell in Seq.zip columns cells -> form key concepts cell
                                |]
                        }
                |]
        }

    /// Words without further forms.
    let words name concepts text =
        table name [ "", concepts ] (split text)

    let private isVowel letter = "aeiou".Contains(letter: char)

    let private pluralOf (noun: string) =
        let last = noun[noun.Length - 1]

        let endsWith (ending: string) =
            noun.EndsWith(ending, StringComparison.Ordinal)

        if last = 's' || last = 'x' || endsWith "ch" || endsWith "sh" then
            noun + "es"
        elif last = 'y' && not (isVowel noun[noun.Length - 2]) then
            noun[.. noun.Length - 2] + "ies"
        else
            noun + "s"

    /// Nouns with their plurals; an irregular plural follows a slash.
    let nouns name concept text =
        let rows =
            [
                for entry in split text ->
                    match entry.Split '/' with
                    | [| singular; plural |] -> $"{singular} {plural}"
                    | _ -> $"{entry} {pluralOf entry}"
            ]

        table name [ "", [ concept ]; "s", [ concept; Concept.plural ] ] rows

    /// The words of several groups as one.
    let join name groups =
        {
            Name = name
            Words = Array.collect _.Words (List.toArray groups)
        }
