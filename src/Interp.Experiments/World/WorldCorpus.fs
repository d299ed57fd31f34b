namespace Interp

open Interp.Runtime
open Interp.Tokenization

/// Token ids of documents of the embedded world.
[<RequireQualifiedAccess>]
module WorldCorpus =
    /// Documents that one thread makes at a time.
    let private pieceSize = 64

    let private inPieces (count: int) (make: int -> 'T) : 'T[] =
        let results = Array.zeroCreate count

        Workers.For(
            (count + pieceSize - 1) / pieceSize,
            fun piece ->
                for i in piece * pieceSize .. min count ((piece + 1) * pieceSize) - 1 do
                    results[i] <- make i
        )

        results

    /// Documents `first` .. `first + count - 1` of the world of that seed.
    let documents (seed: int64) (first: int64) (count: int) : Document[] =
        inPieces count (fun i -> World.document seed (first + int64 i))

    /// The tokens of each document, with offsets and without the token that begins a text.
    let encode (tokenizer: Tokenizer) (documents: Document[]) : Encoding[] =
        inPieces documents.Length (fun i -> tokenizer.Encode(documents[i].Text, false))

    /// Token ids of as many documents, from `first` on, as reach the number of tokens.
    let tokens (tokenizer: Tokenizer) (seed: int64) (first: int64) (count: int64) : int[][] =
        let chunk = 4096

        let rec collect next total chunks =
            if total >= count then
                List.rev chunks |> Array.concat
            else
                let ids =
                    inPieces chunk (fun i -> tokenizer.Encode((World.document seed (next + int64 i)).Text, false).Ids)

                collect
                    (next + int64 chunk)
                    (total + (ids |> Array.sumBy (fun document -> int64 document.Length + 1L)))
                    (ids :: chunks)

        collect first 0L []
