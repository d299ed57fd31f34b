namespace Interp.Grammar

/// One spelling of a word, with the concepts that hold wherever it is written.
type internal Form =
    {
        /// What templates call it: empty for the word itself, `s` for its plural, `ed` for its past and so on.
        Key: string
        Text: string
        Concepts: Concept[]
    }

/// A word or name with its forms; what is known about it (the sound of an animal, the capital of a country) is a form too.
[<ReferenceEquality>]
type internal Word =
    {
        Forms: Form[]
    }

    /// The spelling without an inflection.
    member word.Text = word.Forms[0].Text

    /// The form of that key.
    member word.Form key =
        let mutable i = 0

        while i < word.Forms.Length && word.Forms[i].Key <> key do
            i <- i + 1

        if i = word.Forms.Length then
            invalidArg (nameof key) $"The word '{word.Text}' has no form '{key}'."

        word.Forms[i]

module internal Word =
    /// A word of a single form, made while a document is written (a result, a price).
    let computed concepts text =
        {
            Forms =
                [|
                    {
                        Key = ""
                        Text = text
                        Concepts = concepts
                    }
                |]
        }

/// Words among which a draw is uniform.
[<ReferenceEquality>]
type internal Group = { Name: string; Words: Word[] }

/// A piece of a grammar. Writing it appends text to the document and spans to its labels.
[<ReferenceEquality>]
type internal Part =
    /// This text.
    | Literal of string
    /// One after the other.
    | Sequence of Part list
    /// One of them, with probability proportional to its weight.
    | Choose of struct (int * Part)[]
    /// That many different ones (a number between the two), in random order, with a separator between them.
    | Several of least: int * most: int * separator: string * Part[]
    /// A word of the group in this form, forgotten at once.
    | Draw of Group * form: string
    /// The word that the document remembers under this name, drawn when it is first needed.
    | Recall of slot: string * form: string
    /// Text on which a concept holds.
    | Mark of Concept * Part
    /// A sentence: written with a capital; its first word, its end, a negation and a question are labelled.
    | Sentence of Part
    /// The indefinite article that the part's first letter asks for, a space, and the part.
    | Article of Part
    /// The part that belongs to the remembered word.
    | Switch of slot: string * (string * Part) list
    /// The part, written after forgetting these slots.
    | Fresh of string list * Part
    /// A part that is computed from what is remembered and from further draws.
    | Given of (Scene -> Part)

/// The document being written, as a computed part sees it. Every draw counts towards the document's entropy.
and internal Scene =
    /// A number from least to most, both included, each as likely.
    abstract Number: least: int * most: int -> int
    /// The word under this name, drawn now if need be.
    abstract Word: slot: string -> Word
    /// Remembers a word under this name.
    abstract Set: slot: string * Word -> unit

/// A kind of text: its grammar and what its documents remember.
[<ReferenceEquality>]
type internal Kind =
    {
        Name: string
        /// Holds on the body.
        Concept: Concept
        /// How often the kind comes, relative to the others.
        Weight: int
        /// Names under which a document remembers words, each with the group it draws from; words of one group differ.
        Slots: (string * Group) list
        /// What stands above the body; it may be empty.
        Title: Part
        Body: Part
    }

/// The vocabulary in which the kinds are written.
[<AutoOpen>]
module internal Parts =
    let nothing = Literal ""
    let line = Literal "\n"

    /// One of the parts, each as likely.
    let oneOf parts =
        Choose [| for part in parts -> struct (1, part) |]

    /// One of the parts with these weights.
    let weighted parts =
        Choose [| for weight, part in parts -> struct (weight, part) |]

    /// The part or nothing, `percent` times out of a hundred.
    let maybe percent part =
        weighted [ percent, part; 100 - percent, nothing ]

    /// The parts with a separator between them.
    let separated (separator: string) parts =
        parts
        |> List.mapi (fun i part -> if i = 0 then [ part ] else [ Literal separator; part ])
        |> List.concat
        |> Sequence

    /// The parts, each on a line of its own.
    let lines parts =
        Sequence [ for part in parts -> Sequence [ part; line ] ]

    /// One of the items, each as likely.
    let pick (scene: Scene) (items: 'item[]) =
        items[scene.Number(0, items.Length - 1)]

    /// A number in digits.
    let digitsOf (value: int) =
        value.ToString System.Globalization.CultureInfo.InvariantCulture

    /// A number in two digits at least.
    let twoDigits (value: int) =
        value.ToString("00", System.Globalization.CultureInfo.InvariantCulture)

    /// Remembers computed text under a name.
    let put (scene: Scene) slot (text: string) =
        scene.Set(slot, Word.computed [||] text)

    /// Remembers a computed number under a name.
    let putNumber (scene: Scene) slot (value: int) = put scene slot (digitsOf value)

    /// The number that is remembered under a name.
    let numberOf (scene: Scene) slot =
        System.Int32.Parse(scene.Word(slot).Text, System.Globalization.CultureInfo.InvariantCulture)

    /// So many different items, in the order in which they are drawn.
    let severalOf (scene: Scene) count (items: 'item[]) =
        let rest = ResizeArray items

        [
            for _ in 1..count do
                let i = scene.Number(0, rest.Count - 1)
                rest[i]
                rest.RemoveAt i
        ]
