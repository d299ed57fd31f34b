namespace Interp

open Interp.Runtime

/// Which direction of a metric is the good one.
type Direction =
    /// A smaller number.
    | Lower
    /// A larger number.
    | Higher
    /// No direction is better by itself.
    | Neither

/// A number that evaluation gives for each cell: a column of the tables.
type Metric =
    {
        /// Column of table.csv.
        Name: string
        /// Heading of tables that people read.
        Label: string
        /// Decimals in tables that people read.
        Decimals: int
        /// Which direction is the good one.
        Better: Direction
        /// What it is, in a few words.
        Meaning: string
    }

/// What evaluation measures; docs/metrics.md has the formulas.
[<RequireQualifiedAccess>]
module Metric =
    let private metric name label decimals better meaning =
        {
            Name = name
            Label = label
            Decimals = decimals
            Better = better
            Meaning = meaning
        }

    /// Fraction of variance unexplained.
    let fvu =
        metric "fvu" "FVU" 4 Lower "fraction of variance unexplained on held-out tokens, pooled"

    /// Active latents per token.
    let l0 = metric "l0" "L0" 1 Neither "mean active latents per token"

    /// Latents that no held-out token activates.
    let dead =
        metric "dead" "dead" 0 Lower "latents never active on dead_tokens held-out tokens"

    /// Held-out tokens behind `dead`.
    let deadTokens =
        metric "dead_tokens" "dead tokens" 0 Neither "held-out tokens behind the column dead"

    /// Latents silent for the window at the end of training.
    let deadCounter =
        metric
            "dead_counter"
            "dead (counter)"
            0
            Lower
            "latents silent for more than dead_window training tokens at the end of training"

    /// Training tokens behind `deadCounter`.
    let deadWindow =
        metric "dead_window" "window" 0 Neither "training tokens behind the column dead_counter"

    /// Number of latents of the dictionary.
    let latents = metric "latents" "latents" 0 Neither "size of the dictionary"

    /// Cross-entropy of the untouched model, nats per token.
    let ceClean =
        metric "ce_clean" "CE clean" 4 Neither "next-token cross-entropy of the untouched model, nats"

    /// Cross-entropy with the reconstruction in place of the activations, nats per token.
    let ceSpliced =
        metric "ce_spliced" "CE spliced" 4 Lower "the same with the reconstruction in place"

    /// Cross-entropy with zeros in place of the activations, nats per token.
    let ceZero = metric "ce_zero" "CE zero" 4 Neither "the same with zeros in place"

    /// Cross-entropy with the mean activation in place, nats per token.
    let ceMean =
        metric "ce_mean" "CE mean" 4 Neither "the same with the mean activation in place"

    /// Share of the cross-entropy lost to zeros that the reconstruction keeps.
    let ceRecovered =
        metric "ce_recovered" "CE recovered" 4 Higher "(zero - spliced) / (zero - clean)"

    /// Share of the cross-entropy lost to the mean activation that the reconstruction keeps.
    let ceRecoveredMean =
        metric "ce_recovered_mean" "CE recovered (mean)" 4 Higher "(mean - spliced) / (mean - clean)"

    /// Cross-entropy that the reconstruction costs, nats per token: spliced - clean.
    let deltaCe = metric "delta_ce" "delta CE" 4 Lower "spliced - clean, nats"

    /// Divergence of the spliced predictions from the clean ones.
    let kl = metric "kl" "KL" 4 Lower "mean KL from clean to spliced predictions, nats"

    /// Whether the training had flattened.
    let tailDrop =
        metric
            "tail_drop"
            "tail drop"
            4
            Neither
            "relative fall of the validation loss over the last tenth of training: near 0 it has flattened"

    /// Every metric, in the order of the columns. A new one is a line here and in the evaluate stage.
    let all =
        [
            fvu
            l0
            dead
            deadTokens
            deadCounter
            deadWindow
            latents
            ceRecovered
            ceRecoveredMean
            deltaCe
            metric "delta_ce_se" "delta CE s.e." 4 Neither "standard error of delta CE, by context"
            ceClean
            ceSpliced
            ceZero
            ceMean
            kl
            metric "kl_zero" "KL zero" 4 Neither "KL with zeros in place"
            metric "kl_mean" "KL mean" 4 Neither "KL with the mean in place"
            metric "top1_agreement" "top-1" 4 Higher "share of predictions whose most likely token stays"
            metric "mse_per_token" "MSE" 4 Lower "squared error per token"
            metric "nmse_about_zero" "nMSE" 4 Lower "mean over tokens of squared error over squared norm"
            metric "cosine" "cosine" 4 Higher "mean cosine of activation and reconstruction"
            metric "l2_ratio" "L2 ratio" 4 Neither "mean norm of the reconstruction over that of the activation"
            metric "reconstruction_bias" "bias" 4 Neither "relative reconstruction bias; below 1 is shrinkage"
            metric "l1" "L1" 2 Neither "mean sum of latents"
            metric "dense_share" "dense" 4 Neither "share of latents active on more than 1 % of the tokens"
            metric "validation_tokens" "tokens" 0 Neither "held-out tokens behind the reconstruction metrics"
            metric "loss_tokens" "loss tokens" 0 Neither "predictions behind the cross-entropies"
            metric "steps" "steps" 0 Neither "optimiser steps"
            tailDrop
        ]

    /// A metric by its name; none where there is none of it.
    let tryFind name =
        all |> List.tryFind (fun metric -> metric.Name = name)

    /// The direction that is better, in a word.
    let better metric =
        match metric.Better with
        | Lower -> "lower"
        | Higher -> "higher"
        | Neither -> "neither"

    /// A metric by its name; an unknown one is an error that names the nearest.
    let find name =
        match tryFind name with
        | Some metric -> metric
        | None ->
            let hint =
                match NearestName.Of(name, all |> List.map _.Name) with
                | null -> "interp results --metrics lists all."
                | near -> $"did you mean {near}?"

            raise (InterpException $"There is no metric '{name}'; {hint}")

    /// A column that a stage of one's own gives; neither direction is known to be better.
    let own name =
        metric name name 4 Neither "given by a stage of the experiment's own"

    /// All metrics, and behind them those of other names, in ordinal order.
    let andOwn (names: string seq) =
        let known = all |> List.map _.Name |> set
        let others = names |> Seq.distinct |> Seq.filter (known.Contains >> not)

        all
        @ [
            for name in others |> Seq.sortWith (fun a b -> System.String.CompareOrdinal(a, b)) -> own name
        ]
