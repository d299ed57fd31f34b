/// The atlas that the studio shows: the one that is named, else one made on the first start and kept in the per-user cache.
module internal Interp.Cli.StudioAtlas

open System.IO
open System.Threading
open Interp
open Interp.Runtime

/// Name of what an atlas is made of, so that another model, dictionary, text or way of making has another folder.
let private key (inputs: Inputs) (request: AtlasRequest) =
    Canonical.digest (
        Canon.Fields
            [
                "format", Canon.Integer(int64 Features.AtlasSummary.CurrentFormat)
                "sae", Canon.Text(Autoencoders.SaeFolder.Digest request.Sae)
                "model", Canon.Text(inputs.ModelDigest request.Spec)
                "tokenizer", Canon.Text(inputs.TokenizerDigest request.Spec)
                "corpus", Canon.Text(inputs.CorpusDigest request.Spec)
                "spec", SpecFields.toCanon request.Spec
                "keep", Canon.Text(string request.Keep)
            ]
    )

/// The folder of the atlas of a request, made if it is not there yet; how far it is goes to standard error.
let folder (request: AtlasRequest) (cancel: CancellationToken) =
    let cache = CacheFolder.Get "studio"
    let inputs = Inputs cache
    let folder = Path.Combine(cache, "atlases", (key inputs request).Substring(0, 16))

    if not (Features.Atlas.Exists folder) then
        eprintfn "The first start makes an atlas of the dictionary and keeps it in %s." folder
        AtlasRequest.make inputs (AtlasCommand.progress ()) (eprintfn "%s") cancel folder request |> ignore

    folder
