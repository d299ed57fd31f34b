namespace Interp

open System
open System.IO
open Interp.Texts
open Interp.Tokenization

/// The text of a spec, put together from its sources.
[<RequireQualifiedAccess>]
module internal CorpusText =
    /// The single sources, each with its weight.
    let parts source =
        match source with
        | Mixed parts -> parts
        | single -> [ 1.0, single ]

    /// Whether the documents depend on the model: its template writes them, or its tokenizer counts them.
    let dependsOnModel (corpus: CorpusSpec) =
        corpus.Chat.IsSome || corpus.Source.IsMixed

    /// Tokens that a text has at the least, by the size of its files alone, where a token and what stands beside it are at most 64 bytes;
    /// without end for the embedded world, and 0 where nothing is known.
    let rec leastTokens source =
        match source with
        | WorldText -> infinity
        | TextFile path when File.Exists path -> float (FileInfo path).Length / 64.0
        | Mixed parts ->
            let least =
                parts |> List.map (fun (weight, source) -> leastTokens source / weight) |> List.min

            least * List.sumBy fst parts
        | TextFile _
        | StandardInput _
        | StoredActivations _ -> 0.0

    /// Where the turns of a conversation are.
    let fields chat : ChatFields =
        match chat with
        | MessageList field -> ChatFields.MessageList field
        | PromptAndResponse(prompt, response) -> ChatFields.PromptAndResponse(prompt, response)

    /// Documents of the sources: each in its order, mixed, and without repeats.
    let compose (opened: TextSource -> IDocumentSource) (tokenizer: unit -> Tokenizer) (corpus: CorpusSpec) =
        let ordered source =
            match corpus.Order with
            | Some seed -> ShuffledDocuments(opened source, int64 seed) :> IDocumentSource
            | None -> opened source

        match corpus.Source with
        | Mixed parts ->
            let parts = [ for weight, source in parts -> struct (ordered source, weight) ]
            Mixture(parts, tokenizer (), corpus.Distinct) :> IDocumentSource
        | single when corpus.Distinct -> DistinctDocuments(ordered single)
        | single -> ordered single

    /// What is wrong with the settings of the text.
    let errors (corpus: CorpusSpec) =
        let parts = parts corpus.Source

        [
            if parts.IsEmpty then
                "corpus.source: the mixture has no source; name at least one."
            for weight, source in parts do
                if not (weight > 0.0 && Double.IsFinite weight) then
                    FormattableString.Invariant
                        $"corpus.source: a weight of the mixture is {weight}; give numbers above 0."

                match source with
                | StoredActivations _ when corpus.Source.IsMixed ->
                    "corpus.source: activations are mixed into a text; mix them with each other, activations:A*0.5+B."
                | StoredActivations [] -> "corpus.source names no activations; write activations:NAME."
                | StoredActivations stores ->
                    for name, share in stores do
                        if not (share > 0.0 && Double.IsFinite share) then
                            FormattableString.Invariant
                                $"corpus.source (weight of {name}): is {share}; give a number above 0."
                | Mixed _ -> "corpus.source: a mixture is mixed into another one; name its sources side by side."
                | StandardInput ending when ending <> "" && not (TextFiles.IsServed("x" + ending)) ->
                    $"corpus.source: -{ending} is standard input of a kind that is not read; give - or an ending such as -.csv."
                | _ -> ()
            if parts |> List.filter (fun (_, source) -> source.IsStandardInput) |> List.length > 1 then
                "corpus.source: standard input is mixed in twice; it can be read once."
            if corpus.Chat.IsSome && parts |> List.forall (fun (_, source) -> source.IsWorldText) then
                "corpus.chat: the embedded world has no conversations with turns; name a file as corpus.source, or set corpus.chat to none."
        ]
