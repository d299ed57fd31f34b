namespace Interp

open System
open Interp.Activations
open Interp.Autoencoders
open Interp.Features
open Interp.Hooks
open Interp.Models
open Interp.Runtime
open Interp.Tokenization

/// How well the latents of an autoencoder of the embedded world match its concepts, whose truth is known.
[<RequireQualifiedAccess>]
module WorldConcepts =
    /// A concept is found when some latent reaches this F1 on texts that neither latent nor threshold was chosen on.
    let found = 0.6

    let private documents = 600

    /// For each concept that occurs, the F1 on held-out texts of the latent and threshold that do best on others.
    let private scores (fit: ConceptFitting) (heldOut: ConceptFitting) =
        World.concepts
        |> List.mapi (fun concept name ->
            let best =
                fit.Candidates concept
                |> Seq.fold
                    (fun best (struct (_, _, f1) as candidate) ->
                        match best with
                        | Some(struct (_, _, top)) when top >= f1 -> best
                        | _ -> Some candidate)
                    None

            name,
            match best with
            | None -> 0.0
            | Some(struct (latent, share, _)) ->
                let struct (f1, _, _) = heldOut.Measure(concept, latent, share)
                f1)

    /// F1 of the best latent of every concept.
    let measure (cell: EvaluatedCell) =
        let path = Inputs.WorldFolder
        use model = LanguageModel.Load(path, Devices.Parse cell.Spec.Device)
        use sae = cell.OpenSae()
        let tokenizer = Tokenizer.Load path
        let labels = WorldLabels.make tokenizer documents
        let none = TokenContexts(cell.Spec.Extract.ContextLength, [||], [||])

        let source =
            AtlasSource(
                model,
                tokenizer,
                sae,
                HookPoint.Parse cell.Spec.Extract.Hook,
                none,
                none,
                TokenSkipping(0, Nullable()),
                cell.Spec.Extract.BatchContexts,
                tokenizer.BosId
            )

        let max = LabelReading.Largest(source, labels.Fit)

        let read texts =
            LabelReading.Read(source, texts, labels.Names.Count, max)

        scores (read labels.Fit) (read labels.HeldOut)

    /// A stage for `Experiment.stage`: how many concepts are found, and the mean F1 of the best latents.
    let stage (cell: EvaluatedCell) =
        let f1 = measure cell |> List.map snd

        [
            "concepts_found", f1 |> List.filter (fun f1 -> f1 >= found) |> List.length |> float
            "concepts_f1", List.average f1
        ]
