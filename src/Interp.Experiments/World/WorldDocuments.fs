namespace Interp

open System.Globalization
open Interp.Texts

/// The embedded world as a corpus: documents that its model was not trained on.
[<RequireQualifiedAccess>]
module internal WorldDocuments =
    let private seed = 1L

    /// The model's own training documents are numbered from 0, those of its validation and probes from 1e9 to 3e9.
    let private first = 10_000_000_000L

    let private documents =
        Seq.initInfinite (fun i ->
            let number = first + int64 i
            Document(number.ToString CultureInfo.InvariantCulture, (World.document seed number).Text))

    /// Changes when the grammar makes other text: the digest of its first documents.
    let private digest = lazy DocumentSource.DigestOf(Seq.truncate 256 documents)

    let source =
        { new IDocumentSource with
            member _.Name = "world"
            member _.Digest = digest.Value
            member _.Read _ = documents
        }
