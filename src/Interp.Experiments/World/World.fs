namespace Interp

open System.Globalization
open Interp.Grammar
open Interp.Runtime

/// A text of the embedded world with everything that the grammar knows about it.
type Document =
    {
        /// Place in the world of its seed.
        Id: int64
        /// Name of the kind of text.
        Kind: string
        /// The text; it ends with a newline. All characters lie in the basic multilingual plane, so that positions in
        /// this string are positions in Unicode code points.
        Text: string
        /// Where which concept holds, ordered by start, end and concept; never empty, always inside the text.
        Spans: LabelSpan list
        /// Information of the derivation in nats: the sum of -log p over every choice that was made, the kind included.
        /// Its mean per token bounds the entropy rate of the text from above, since several derivations may give the
        /// same text: p(text) is the sum of p(derivation) ≥ p(this derivation). It is the loss that a model reaches
        /// which knows the distribution of derivations and sees this derivation unfold.
        Nats: float
    }

/// The embedded world: unlimited documents of a declarative grammar, each determined by the seed and its number.
[<RequireQualifiedAccess>]
module World =
    /// The kinds of text.
    let internal kinds: Kind list =
        [
            Kinds.Story.kind
            Kinds.Weather.kind
            Kinds.Recipe.kind
            Kinds.Arithmetic.kind
            Kinds.Code.kind
            Kinds.Calendar.kind
            Kinds.Letter.kind
            Kinds.Dialogue.kind
            Kinds.Sports.kind
            Kinds.Directions.kind
            Kinds.Shop.kind
            Kinds.Biography.kind
            Kinds.Quiz.kind
        ]

    let private kindsInOrder = List.toArray kinds

    /// Names of the concepts; the place in this list is the concept's index.
    let concepts: string list = [ for concept in Concept.all -> concept.Name ]

    /// One line about each concept, in the order of `concepts`.
    let descriptions: string list = [ for concept in Concept.all -> concept.About ]

    /// The words of each concept of words, in lower case, by the name of the concept.
    let lexicon: Map<string, Set<string>> =
        Map
            [
                for concept in Concept.all do
                    let spellings = Lexicon.spellings concept

                    if not spellings.IsEmpty then
                        concept.Name, spellings
            ]

    /// Document `number` (0 or more) of the world of that seed.
    let document (seed: int64) (number: int64) : Document =
        let stream =
            RandomStream(seed, "world/document/" + number.ToString CultureInfo.InvariantCulture)

        let writer = Writer stream
        let kind = writer.Write kindsInOrder
        let text = writer.Text
        Surface.label text writer.Sentences writer.Spans

        {
            Id = number
            Kind = kind.Name
            Text = text
            Spans =
                writer.Spans
                |> Seq.sortBy (fun span -> struct (span.Start, span.End, span.Concept.Index))
                |> Seq.toList
            Nats = writer.Nats
        }

    /// The documents of the world of that seed, without end.
    let documents (seed: int64) : seq<Document> =
        Seq.initInfinite int64 |> Seq.map (document seed)

    /// The first and last+1 position of a token without the white space around it; all of it if nothing else is there.
    let private trimmed (text: string) struct (start: int, finish: int) =
        let mutable first = start
        let mutable last = finish

        while first < last && System.Char.IsWhiteSpace text[first] do
            first <- first + 1

        while last > first && System.Char.IsWhiteSpace text[last - 1] do
            last <- last - 1

        if first < last then
            struct (first, last)
        else
            struct (start, finish)

    /// Which concepts hold on which tokens: [concept index][token]. A concept holds on a token when one of its spans
    /// shares a character with the token; white space around a token does not count unless the token is nothing else.
    /// <param name="offsets">Start and end of each token in code points of the text, in the order of the text; equal for tokens without text.</param>
    let tokenLabels (offsets: (int * int)[]) (document: Document) : bool[][] =
        let tokens =
            offsets |> Array.map (fun (start, finish) -> trimmed document.Text struct (start, finish))

        let labels = Array.init Concept.all.Length (fun _ -> Array.zeroCreate tokens.Length)

        for span in document.Spans do
            let holds = labels[span.Concept.Index]

            for token in 0 .. tokens.Length - 1 do
                let struct (start, finish) = tokens[token]

                if start < span.End && finish > span.Start then
                    holds[token] <- true

        labels
