namespace Interp

open System.IO
open System.Threading
open Interp.Features
open Interp.Runtime

/// A stage for `Experiment.stage`: the atlas of a cell's autoencoder, of as many tokens of its text as it was trained on, with the
/// explanations measured on as many as its reconstruction.
[<RequireQualifiedAccess>]
module AtlasStage =
    /// Where the atlas lies in the stage's artifact.
    let folder = "atlas"

    /// A latent that fires on one token in this share of its firings or more is called a single-token latent.
    let private single = 0.9

    let private numbers (atlas: Features.Atlas) =
        let living =
            [
                for latent in 0 .. atlas.Latents - 1 do
                    if atlas.Count[latent] > 0L then
                        atlas.Page latent
            ]

        let f1 =
            living |> List.choose (fun page -> page.Explanation |> Option.ofObj |> Option.map _.F1)

        [
            "living", float living.Length
            if not f1.IsEmpty then
                "rule_f1", List.average f1
            if not living.IsEmpty then
                "single_token",
                living |> List.averageBy (fun page -> if page.SingleTokenRatio >= single then 1.0 else 0.0)
        ]

    /// Makes the atlas. Gives the number of latents that fire (`living`), the mean F1 of their explanations on held-out text
    /// (`rule_f1`) and the share of them that fire on one token (`single_token`).
    let measure (cell: EvaluatedCell) =
        let target = Path.Combine(cell.Folder, folder)

        AtlasRequest.make
            (Inputs(CacheFolder.Get "atlas"))
            (fun _ _ _ -> ())
            ignore
            CancellationToken.None
            target
            {
                Sae = cell.SaeFolder
                Spec = cell.Spec
                Keep = AtlasSpec.Default
            }
        |> ignore

        use atlas = Features.Atlas.Open target
        numbers atlas
