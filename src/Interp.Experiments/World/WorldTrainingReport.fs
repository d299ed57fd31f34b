namespace Interp

open System
open System.IO
open System.Text
open Interp.Formats
open Interp.Pretraining

/// What training the model of the embedded world came to.
[<NoComparison>]
type internal WorldTrainingResult =
    {
        /// Points of the training curve.
        Curve: CurvePoint list
        /// Weights of the model.
        ParameterCount: int64
        /// Validation loss of the model as it is stored, in nats per token.
        ValidationLoss: float
        /// Validation loss of the interpolated 5-gram trained on the same contexts, in nats per token.
        NgramLoss: float
        /// Information of the validation documents' derivations, in nats per token: the loss of a model that knows the grammar.
        GrammarBound: float
        /// Tokens that the validation losses are means over.
        ValidationTokens: int64
        /// Probes with the names of their concepts, in the order of the concepts.
        Probes: (string * ProbeResult) list
    }

/// Writes what stands beside the model of the embedded world.
[<RequireQualifiedAccess>]
module internal WorldTrainingReport =
    /// The AUC from which on a concept counts as readable.
    let private readable = 0.9

    let private text (value: FormattableString) = FormattableString.Invariant value

    let private readableCount (result: WorldTrainingResult) =
        result.Probes |> List.filter (fun (_, probe) -> probe.Auc >= readable) |> List.length

    /// The figures in one line.
    let summary (result: WorldTrainingResult) : string =
        text
            $"validation {result.ValidationLoss:F4} nats per token, 5-gram {result.NgramLoss:F4}, grammar bound {result.GrammarBound:F4}; {readableCount result} of {result.Probes.Length} concepts with AUC of {readable:F1} or more"

    /// A row for each concept: tokens it holds on in the fit and held out, held-out tokens, AUC.
    let probesCsv (result: WorldTrainingResult) : string =
        let csv = StringBuilder "concept,fit_positives,positives,tokens,auc\n"

        for name, probe in result.Probes do
            csv.Append(text $"{name},{probe.FitPositives},{probe.Positives},{probe.Tokens},{probe.Auc:F4}\n")
            |> ignore

        csv.ToString()

    let private readme (layer: int) (result: WorldTrainingResult) =
        let last = List.last result.Curve

        let lines =
            [
                "# The model of the embedded world"
                ""
                text
                    $"A language model of the Phi-3 architecture with {result.ParameterCount} weights, and its tokenizer, as a Hugging Face folder. `interp world train` makes it from nothing but the grammar: {last.Step} steps, {last.Tokens} predicted tokens, each context seen once."
                ""
                text
                    $"Loss on held-out documents, in nats per token, over {result.ValidationTokens} tokens in contexts that begin with `<s>`, as each document in them does:"
                ""
                "| | nats per token |"
                "|---|---|"
                text $"| this model, weights in bfloat16 | {result.ValidationLoss:F4} |"
                text $"| interpolated 5-gram (Kneser-Ney) trained on the same contexts | {result.NgramLoss:F4} |"
                text $"| information of the grammar's choices | {result.GrammarBound:F4} |"
                ""
                "The last line is the loss of a model that knows the grammar and sees which choices were made; as several choices may lead to the same text, the entropy rate of the text itself is at most that. A model also loses a little where a context begins inside a document."
                ""
                "`training-curve.csv` holds the loss over training."
                ""
                text
                    $"`probes.csv` holds a logistic probe for each concept on the residual stream after block {layer} (`blocks.{layer}.hook_resid_post`), fitted to some documents and measured on others. {readableCount result} of {result.Probes.Length} concepts reach an AUC of {readable:F1} or more on the held-out documents."
            ]

        String.Join("\n", lines) + "\n"

    /// Writes `training-curve.csv`, `probes.csv` and `README.md` into the folder of the model.
    let write (folder: string) (layer: int) (result: WorldTrainingResult) : unit =
        AtomicFile.WriteText(Path.Combine(folder, "training-curve.csv"), TrainingCurve.ToCsv result.Curve)
        AtomicFile.WriteText(Path.Combine(folder, "probes.csv"), probesCsv result)
        AtomicFile.WriteText(Path.Combine(folder, "README.md"), readme layer result)
