namespace Interp

open System
open System.Globalization
open System.IO
open Interp.Activations
open Interp.Autoencoders
open Interp.Evaluation
open Interp.Formats
open Interp.Runtime

/// An SAE to `metrics.json` and `density.csv`, on held-out documents and at the target K.
[<RequireQualifiedAccess>]
module internal EvaluateStage =
    /// Latents by log10 of their density, in bins of half a decade; latents never active come first.
    let private histogram (fired: int64[]) (tokens: int64) =
        let bin count =
            floor (2.0 * log10 (float count / float tokens)) / 2.0

        let text (value: float) =
            value.ToString("0.0", CultureInfo.InvariantCulture)

        let bins =
            fired
            |> Array.filter (fun count -> count > 0L)
            |> Array.countBy bin
            |> Array.sortBy fst
            |> Array.map (fun (from, latents) -> $"{text from},{text (from + 0.5)},{latents}")

        [|
            "log10_density_from,log10_density_to,latents"
            $",,{fired |> Array.filter ((=) 0L) |> Array.length}"
            yield! bins
        |]

    /// Next-token loss with the reconstruction in the place of the activations.
    let private spliced (context: StageContext) sae (baseline: Map<string, float>) progress =
        use model = context.Inputs.OpenModel context.Spec

        let spliced =
            (BaselineStage.splice context model (CountedTokens.heldOut context) progress)
                .Autoencoder(sae, context.Cancel)

        let recovered name =
            (baseline[name] - spliced.Ce) / (baseline[name] - baseline["ce_clean"])

        [
            "ce_spliced", spliced.Ce
            "delta_ce", spliced.Ce - baseline["ce_clean"]
            "delta_ce_se", spliced.DeltaError
            "ce_recovered", recovered "ce_zero"
            "ce_recovered_mean", recovered "ce_mean"
            "kl", spliced.Kl
            "top1_agreement", spliced.Top1Agreement
        ]

    let run (context: StageContext) =
        let spec = context.Spec
        let trained = Numbers.read (Path.Combine(context.Artifact "train", "training.json"))
        let output = Path.Combine(context.Work, "metrics.json")

        if trained["diverged"] > 0.0 then
            Numbers.write
                output
                (Map.toList trained
                 |> List.filter (fun (name, _) -> List.contains name [ "diverged"; "steps"; "latents" ]))
        else
            let device = Devices.Parse spec.Device
            use sae = SaeFolder.Read(Path.Combine(context.Artifact "train", "sae"), device)
            let rows, others = CountedTokens.split context
            let total = int64 rows.Length + int64 others.Length

            let baseline =
                Numbers.read (Path.Combine(context.Artifact "baseline", "baseline.json"))

            let progress =
                let work =
                    if baseline.IsEmpty then
                        total
                    else
                        total + BaselineStage.lossRows context

                fun words before (done': int64) -> context.Progress (before + done') work words

            let source, target = CountedTokens.selected context rows

            let reconstruction =
                ReconstructionEvaluation.Run(
                    sae,
                    source,
                    progress = progress "reconstruction" 0L,
                    cancel = context.Cancel,
                    target = target
                )

            let others =
                ReconstructionEvaluation.FiredCounts(
                    sae,
                    SelectedRows(context.HeldOut, others),
                    progress "dead latents" (int64 rows.Length),
                    context.Cancel
                )

            let fired = Array.map2 (+) reconstruction.FiredCounts others

            Numbers.write
                output
                (Map.toList trained
                 @ Map.toList baseline
                 @ [
                     "fvu", reconstruction.Fvu
                     "l0", reconstruction.L0
                     "l1", reconstruction.L1
                     "dead", float (fired |> Array.filter ((=) 0L) |> Array.length)
                     "dead_tokens", float total
                     "dense_share", reconstruction.ShareDenserThan 0.01
                     "mse_per_token", reconstruction.MsePerToken
                     "nmse_about_zero", reconstruction.NmseAboutZero
                     "cosine", reconstruction.Cosine
                     "l2_ratio", reconstruction.L2Ratio
                     "reconstruction_bias", reconstruction.RelativeReconstructionBias
                     "validation_tokens", float reconstruction.Tokens
                 ]
                 @ (if baseline.IsEmpty then
                        []
                    else
                        spliced context sae baseline (progress "spliced loss" total)))

            AtomicFile.WriteText(
                Path.Combine(context.Work, "density.csv"),
                String.Join("\n", histogram fired total) + "\n"
            )
