namespace Interp

open System
open System.IO
open Interp.Activations
open Interp.Runtime

/// What is known of a text's amount before it is extracted.
type internal TextAmount =
    /// It was not read: it is there already, large or without end.
    | Enough
    /// Tokens to train on, and sentences on splits that get fewer tokens than were asked for.
    | Counted of training: int64 * notes: string list
    /// Why nothing can be extracted of it.
    | Unusable of problem: string

/// Cuts small texts into contexts as the extraction will, so that a plan can say when there is too little of them.
[<RequireQualifiedAccess>]
module internal ShortText =
    let private largest = 4.0 * float (1 <<< 20)

    /// Bytes of text in a source's files, compressed ones taken as four times their size; without end where it is in no file.
    let rec private bytes source =
        match source with
        | TextFile path ->
            let files =
                if Directory.Exists path then
                    Directory.GetFiles path
                else
                    [| path |]

            files
            |> Array.sumBy (fun file ->
                let factor =
                    if
                        [ ".gz"; ".parquet" ]
                        |> List.exists (fun ending -> file.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                    then
                        4.0
                    else
                        1.0

                factor * float (FileInfo file).Length)
        | Mixed parts -> parts |> List.sumBy (snd >> bytes)
        | WorldText
        | StandardInput _
        | StoredActivations _ -> infinity

    /// The amount of a text that can be opened. A large one, or one of more than 8 bytes for each token that is asked for, is not read.
    let amount (inputs: Inputs) (spec: Spec) =
        let asked = float (Stage.trainingText spec) + float (Stage.heldOutText spec)

        if bytes spec.Corpus.Source > min largest (8.0 * asked) then
            Enough
        else
            try
                let packed =
                    ContextPacking.Pack(inputs.Documents spec, inputs.Tokenizer spec, ExtractStage.packing spec)

                Counted(int64 packed.Training.Rows, List.ofSeq packed.Notes)
            with :? InterpException as error ->
                Unusable error.Message

    /// Why a stage will fail on so much text; none where it will not.
    let problem amount (stage: Stage) =
        let train = stage.Spec.Train

        match amount with
        | Unusable problem -> Some problem
        | Counted(tokens, _) when
            not (List.contains stage.Name [ "extract"; "baseline" ])
            && tokens * int64 train.Passes < int64 train.Batch
            ->
            Some
                $"its text gives {tokens * int64 train.Passes} training tokens, fewer than a batch (train.batch is {train.Batch}); give more text, or lower it"
        | Counted _
        | Enough -> None
