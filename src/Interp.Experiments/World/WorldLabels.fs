namespace Interp

open Interp.Features
open Interp.Pretraining
open Interp.Tokenization

/// Documents of the embedded world whose tokens carry the grammar's labels.
[<RequireQualifiedAccess>]
module WorldLabels =
    let private seed = 1L

    /// Far from the documents of the model, of its probes and of the corpus.
    let private firstFit, firstHeldOut = 20_000_000_000L, 21_000_000_000L

    /// Documents `first` .. `first + count - 1` as ids with labels.
    let private texts (tokenizer: Tokenizer) first count =
        let documents = WorldCorpus.documents seed first count

        Array.map2
            (fun document (encoding: Encoding) ->
                let offsets =
                    encoding.Offsets |> Array.map (fun struct (start, finish) -> start, finish)

                LabelledText(encoding.Ids, World.tokenLabels offsets document))
            documents
            (WorldCorpus.encode tokenizer documents)

    /// The world's concepts on so many documents to choose on and as many to measure on.
    let make tokenizer documents =
        AtlasLabels(
            List.toArray World.concepts,
            texts tokenizer firstFit documents,
            texts tokenizer firstHeldOut documents
        )
