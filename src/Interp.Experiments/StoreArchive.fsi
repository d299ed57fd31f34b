namespace Interp

/// Artifacts as .tar files: `STAGE/KEY/...` as in the store, the same bytes for the same artifacts. Nothing of a file reaches a store before
/// all of it was checked.
[<RequireQualifiedAccess>]
module internal StoreArchive =
    /// Writes artifacts to a file, which appears when it is complete.
    val export: store: Store -> artifacts: Artifact list -> path: string -> unit

    /// Takes the artifacts of a file into the store, all or none, and returns those that were new and those that were there. One that is there
    /// with other outputs is an error; an extraction that is there stays in its form, with training activations or live, as it is.
    val import: store: Store -> path: string -> Artifact list * Artifact list
