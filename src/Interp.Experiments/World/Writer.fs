namespace Interp.Grammar

open System
open System.Collections.Generic
open System.Text
open Interp.Runtime

/// A stretch of a document on which a concept holds: characters Start .. End-1.
[<Struct>]
type LabelSpan =
    {
        /// What holds.
        Concept: Concept
        /// The first character, from 0.
        Start: int
        /// The character behind the last.
        End: int
    }

/// Writes one document: runs the probabilistic program that the parts are, with the draws of a random stream.
type internal Writer(random: RandomStream) as writer =
    let text = StringBuilder 1024
    let spans = List<LabelSpan>()
    let sentences = List<struct (int * int)>()
    let memory = Dictionary<string, Word>()
    let slots = Dictionary<string, Group>()
    let scene = writer :> Scene
    let mutable nats = 0.0

    let draw limit =
        nats <- nats + Math.Log(float limit)
        random.Next limit

    let mark concept start =
        if text.Length > start then
            spans.Add
                {
                    Concept = concept
                    Start = start
                    End = text.Length
                }

    let writeForm (form: Form) =
        let start = text.Length
        text.Append form.Text |> ignore

        for concept in form.Concepts do
            mark concept start

    /// A word of the group that no slot of the same group holds.
    let drawFresh slot (group: Group) =
        let free = group.Words |> Array.filter (memory.ContainsValue >> not)

        if free.Length = 0 then
            invalidOp $"The slot '{slot}' needs more words than the group '{group.Name}' has."

        free[draw free.Length]

    let recall slot =
        match memory.TryGetValue slot with
        | true, word -> word
        | _ ->
            match slots.TryGetValue slot with
            | true, group ->
                let word = drawFresh slot group
                memory[slot] <- word
                word
            | _ -> invalidOp $"The grammar recalls the slot '{slot}', which nothing has set."

    /// One of the choices, with probability proportional to its weight.
    let choose (choices: struct (int * 'choice)[]) =
        let mutable total = 0

        for struct (weight, _) in choices do
            total <- total + weight

        let mutable rest = random.Next total
        let mutable i = 0
        let mutable struct (weight, choice) = choices[0]

        while rest >= weight do
            rest <- rest - weight
            i <- i + 1
            let struct (next, other) = choices[i]
            weight <- next
            choice <- other

        nats <- nats + Math.Log(float total / float weight)
        choice

    let capitalise start =
        let mutable i = start

        while i < text.Length && not (Char.IsLetterOrDigit text[i]) do
            i <- i + 1

        if i < text.Length then
            text[i] <- Char.ToUpperInvariant text[i]

    let beginsWithVowel start =
        start < text.Length && "aeiouAEIOU".Contains text[start]

    /// Turns the "a" in front of `start` into "an", and moves what lies behind.
    let insertN start firstSpan firstSentence =
        text.Insert(start - 1, 'n') |> ignore

        for i in firstSpan .. spans.Count - 1 do
            let span = spans[i]

            spans[i] <-
                { span with
                    Start = span.Start + 1
                    End = span.End + 1
                }

        for i in firstSentence .. sentences.Count - 1 do
            let struct (start, finish) = sentences[i]
            sentences[i] <- struct (start + 1, finish + 1)

    interface Scene with
        member _.Number(least, most) = least + draw (most - least + 1)
        member _.Word slot = recall slot
        member _.Set(slot, word) = memory[slot] <- word

    /// Nats of all draws so far: -log of the probability of this derivation.
    member _.Nats = nats

    /// What has been written.
    member _.Text = text.ToString()

    /// Spans in the order in which they were closed.
    member _.Spans = spans

    /// Where the sentences lie, as start and end.
    member _.Sentences = sentences

    /// Writes a document of one of the kinds, chosen by their weights, and returns that kind.
    member this.Write(kinds: Kind[]) : Kind =
        let kind = choose [| for kind in kinds -> struct (kind.Weight, kind) |]

        for slot, group in kind.Slots do
            slots.Add(slot, group)

        this.Write kind.Title
        this.Write(Mark(kind.Concept, kind.Body))
        kind

    /// Appends the part.
    member this.Write(part: Part) : unit =
        match part with
        | Literal literal -> text.Append literal |> ignore
        | Sequence parts ->
            for part in parts do
                this.Write part
        | Choose choices -> this.Write(choose choices)
        | Several(least, most, separator, parts) ->
            let order = Array.copy parts
            let count = least + draw (most - least + 1)

            for i in 0 .. count - 1 do
                let j = i + draw (order.Length - i)
                let chosen = order[j]
                order[j] <- order[i]

                if i > 0 then
                    text.Append separator |> ignore

                this.Write chosen
        | Draw(group, form) -> writeForm (group.Words[draw group.Words.Length].Form form)
        | Recall(slot, form) -> writeForm ((recall slot).Form form)
        | Mark(concept, part) ->
            let start = text.Length
            this.Write part
            mark concept start
        | Sentence part ->
            let start = text.Length
            this.Write part
            capitalise start
            sentences.Add(struct (start, text.Length))
        | Article part ->
            text.Append "a " |> ignore
            let start = text.Length
            let firstSpan = spans.Count
            let firstSentence = sentences.Count
            this.Write part

            if beginsWithVowel start then
                insertN start firstSpan firstSentence
        | Switch(slot, cases) ->
            let word = (recall slot).Text

            match List.tryFind (fun (case, _) -> case = word) cases with
            | Some(_, part) -> this.Write part
            | None -> invalidOp $"The grammar has no case for '{word}' of the slot '{slot}'."
        | Fresh(slots, part) ->
            for slot in slots do
                memory.Remove slot |> ignore

            this.Write part
        | Given compute -> this.Write(compute scene)
