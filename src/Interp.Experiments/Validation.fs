namespace Interp

open System
open Interp.Autoencoders
open Interp.Hooks
open Interp.Models
open Interp.Checks

/// Everything that is wrong with an experiment, at once: each error with the path, the value and what is allowed.
[<RequireQualifiedAccess>]
module Validation =
    /// What is wrong with a dictionary of so many latents; about, in brackets, says where they come from.
    let private sizeErrors latents about (spec: Spec) =
        let kind = TrainingRecipe.kind spec

        [
            if kind.UsesK && spec.Sae.K > latents then
                invariant
                    $"sae.k is {spec.Sae.K}, more than the dictionary's {latents} latents{about}; lower it or enlarge sae.size."
            yield! kind.Problems latents |> Seq.map (fun problem -> $"sae.kind: {problem}")
        ]

    let private kindErrors (spec: Spec) =
        let kind = TrainingRecipe.kind spec

        [
            if not kind.UsesK && spec.Train.KSchedule <> Constant then
                $"train.kSchedule: a {kind.Name} dictionary has no K to schedule; leave it constant and set train.sparsity."
            if spec.Kernel = "cpu" && spec.Device <> "cpu" then
                $"kernel: the kernel cpu does not run on {spec.Device}; use automatic or aten."
            elif spec.Kernel = "cpu" && not (TrainingRecipe.ofSpec 1 spec).IsFused then
                $"kernel: the kernel cpu has no step for a {kind.Name} dictionary with this loss (train.lossSpace, train.auxForm, train.lossScale, train.encoderPenalty); use automatic or aten."
            if spec.Sae.TiedDecoder && spec.Sae.Start = StartWeights.Original then
                "sae.start: the original start weights differ between encoder and decoder, so sae.tiedDecoder must be false."
        ]

    let private hook path (name: string) =
        try
            let point = HookPoint.Parse name

            match HookSupport.WhyNoRows point with
            | null -> []
            | reason -> [ $"{path}: {point} {reason}." ]
        with :? Interp.Runtime.InterpException as error ->
            [ $"{path}: {error.Message}" ]

    let private order (extract: ExtractSpec) =
        match HookPoint.TryParse extract.Hook, extract.Target |> Option.map HookPoint.TryParse with
        | (true, hook), Some(true, target) when target.CompareTo hook <= 0 ->
            [
                $"extract.target: {target} does not come after extract.hook ({hook}) in the forward pass; name a later hook."
            ]
        | _ -> []

    let private transcoderErrors (spec: Spec) =
        let name = (TrainingRecipe.kind spec).Name

        [
            match spec.Sae.Kind.HasTarget, spec.Extract.Target with
            | true, None ->
                $"sae.kind: a {name} reconstructs another hook than extract.hook; name that one as extract.target."
            | false, Some target ->
                $"extract.target is {target}, but sae.kind is {name}, which reconstructs what it reads; set sae.kind to transcoder or skip-transcoder, or extract.target to none."
            | _ -> ()
            if spec.Sae.Kind.HasTarget then
                if spec.Sae.TiedDecoder then
                    $"sae.tiedDecoder: a {name} has an output of its own, so its decoder cannot be tied; set it to false."

                if spec.Train.Resample.IsSome then
                    $"train.resample: the dead latents of a {name} are not resampled; set it to none, and train.aux against dead latents."

                if spec.Train.LossSpace = LossSpace.Raw then
                    $"train.lossSpace: the output of a {name} has its own scale already; set it to encoder."
            if spec.Sae.Kind = SkipTranscoder then
                match spec.Sae.Normalise with
                | InputNormalisation.PerTokenLayerNorm
                | InputNormalisation.PerTokenNorm ->
                    $"sae.normalise: the skip connection of a {name} has no place past a normalisation per token; use none, datasetScale or centred."
                | _ -> ()
        ]

    /// What does not fit together in the way through the data.
    let private orderErrors (spec: Spec) =
        let train = spec.Train
        let tokens = int64 spec.Corpus.TrainTokens * int64 train.Passes

        [
            if train.Batch >= 1 && train.Passes >= 1 && spec.Corpus.TrainTokens >= 1 then
                if int64 train.Batch > tokens then
                    invariant
                        $"train.batch is {train.Batch}, more than the {tokens} training tokens (corpus.trainTokens, train.passes); lower it."

                if tokens / int64 train.Batch > int64 Int32.MaxValue then
                    invariant
                        $"train.passes is {train.Passes}, which makes {tokens / int64 train.Batch} steps; at most {Int32.MaxValue} are possible, so lower it."
            match train.Shuffle with
            | Some window when window < train.Batch ->
                invariant
                    $"train.shuffle is {window}, less than a batch (train.batch is {train.Batch}); give at least that, or none."
            | _ -> ()
        ]

    /// What is wrong with the text, its contexts and the hooks of a spec.
    let internal extraction (spec: Spec) =
        let extract = spec.Extract

        List.concat
            [
                hook "extract.hook" extract.Hook
                extract.Target |> Option.map (hook "extract.target") |> Option.defaultValue []
                order extract
                atLeast "extract.contextLength" 3 extract.ContextLength
                atLeast "extract.skipPositions" 0 extract.SkipPositions
                [
                    if extract.SkipPositions >= extract.ContextLength - 1 then
                        invariant
                            $"extract.skipPositions is {extract.SkipPositions} of contexts of {extract.ContextLength}; skip fewer, so that tokens are left."
                ]
                extract.SkipNorm |> Option.map (positive "extract.skipNorm") |> Option.defaultValue []
                atLeast "extract.batchContexts" 1 extract.BatchContexts
                CorpusText.errors spec.Corpus
                atLeast "corpus.trainTokens" 1 spec.Corpus.TrainTokens
                (if spec.Device.StartsWith "cuda:" then
                     []
                 else
                     oneOfCalled [ "gpu", "cuda" ] "device" [ "cpu"; "cuda" ] spec.Device)
                oneOf "precision" ChoiceCodec.precisions spec.Precision
            ]

    /// What is wrong with a spec, a sentence for each mistake; empty when nothing is. Model and text are not opened.
    let spec (spec: Spec) =
        let train = spec.Train

        List.concat
            [
                extraction spec
                atLeast "corpus.validationTokens" 1 spec.Corpus.ValidationTokens
                atLeast "sae.k" 1 spec.Sae.K
                (match spec.Sae.Size with
                 | Expansion factor ->
                     [
                         if factor < 1 then
                             invariant $"sae.size is x{factor}; give x1 or more, or a number of latents."
                     ]
                 | Latents count when count < 1 -> atLeast "sae.size" 1 count
                 | Latents count -> sizeErrors count "" spec)
                kindErrors spec
                transcoderErrors spec
                orderErrors spec
                notNegative "train.sparsity" train.Sparsity
                notNegative "train.preActivation" train.PreActivation
                fraction "train.sparsityWarmUp" train.SparsityWarmUp
                atLeast "train.batch" 1 train.Batch
                atLeast "train.passes" 1 train.Passes
                (match train.LearningRate with
                 | Rate rate -> positive "train.learningRate" rate
                 | Law -> [])
                fraction "train.warmUp" train.WarmUp
                fraction "train.decay" train.Decay
                train.Clip |> Option.map (positive "train.clip") |> Option.defaultValue []
                schedule "train.kSchedule" train.KSchedule
                (match train.Aux with
                 | Some aux ->
                     positive "train.aux (coefficient)" aux.Coefficient
                     @ (aux.KAux |> Option.map (atLeast "train.aux (K)" 1) |> Option.defaultValue [])
                 | None -> [])
                train.Resample |> Option.map (atLeast "train.resample" 1) |> Option.defaultValue []
                atLeast "train.deadWindow" 1 train.DeadWindow
                train.LossScale |> Option.map (positive "train.lossScale") |> Option.defaultValue []
                notNegative "train.encoderPenalty" train.EncoderPenalty
                notNegative "train.weightDecay" train.WeightDecay
                fraction "train.decayTo" train.DecayTo
                atLeast "train.validationPoints" 1 train.ValidationPoints
                atLeast "train.curveTokens" 1 train.CurveTokens
                atLeast "evaluate.deadTokens" 1 spec.Evaluate.DeadTokens
                atLeast "evaluate.lossTokens" 1 spec.Evaluate.LossTokens
                oneOf "kernel" ChoiceCodec.kernels spec.Kernel
            ]

    /// What is wrong with the hooks, by what they are called, and the contexts of a spec for a model.
    let internal extractionAgainstModel (config: ModelConfig) hooks (spec: Spec) =
        [
            for name, hook in hooks do
                match HookPoint.TryParse hook with
                | true, point ->
                    match config.WhyNot point with
                    | null -> ()
                    | reason -> $"{name}: {point} {reason}."
                | _ -> ()
            if spec.Extract.ContextLength > config.ContextLength then
                invariant
                    $"extract.contextLength is {spec.Extract.ContextLength}, but the model was made for {config.ContextLength}; shorten it."
        ]

    /// What is wrong with a spec for a model.
    let internal againstModel (config: ModelConfig) (spec: Spec) =
        let hooks =
            ("extract.hook", spec.Extract.Hook)
            :: [ for target in Option.toList spec.Extract.Target -> "extract.target", target ]

        extractionAgainstModel config hooks spec
        @ [
            match spec.Sae.Size, HookPoint.TryParse spec.Extract.Hook with
            | Expansion factor, (true, point) when isNull (HookSupport.WhyNoRows point) ->
                let width = config.WidthOf point

                if int64 factor * int64 width > int64 Int32.MaxValue then
                    invariant
                        $"sae.size is {factor} times the width {width}, more latents than {Int32.MaxValue}; give a smaller factor."
                elif factor >= 1 then
                    yield! sizeErrors (factor * width) $" ({width} wide activations)" spec
            | _ -> ()
        ]

    let private prefixed (cells: (Cell * string list) list) =
        cells
        |> List.collect (fun (cell, errors) -> errors |> List.map (fun error -> error, cell.Name))
        |> List.groupBy fst
        |> List.map (fun (error, group) ->
            match group with
            | [ _, cell ] when cells.Length > 1 -> $"{cell}: {error}"
            | _ -> error)

    /// What is wrong with the names of axes: cells are told apart by `axis=value,axis=value,seed=n`.
    let private axisErrors (cells: Cell list) =
        let axes = cells |> List.map (fun cell -> List.map fst cell.Axes)

        [
            for axis in axes |> List.concat |> List.distinct do
                if axis = "seed" then
                    "An axis is called seed, as the seeds are; give it another name, or use Sweep.seeds."
                elif axis.Trim() = "" || axis.IndexOfAny [| '='; ','; '\n' |] >= 0 then
                    $"An axis is called '{axis}'; give it a name without = and commas."
            for axes in axes |> List.distinct do
                for axis, times in List.countBy id axes do
                    if times > 1 then
                        $"A cell has the axis {axis} {times} times; give each sweep an axis of its own."
        ]
        |> List.distinct

    let private stageErrors (experiment: Experiment) =
        let names =
            [ "extract"; "baseline"; "train"; "evaluate"; "work"; "logs"; "configs" ]
            @ (experiment.Stages |> List.map _.Name)

        [
            for own in experiment.Stages do
                if own.Name = "" || own.Name |> Seq.exists (fun c -> not (Char.IsAsciiLetterOrDigit c || c = '-')) then
                    $"A stage is called '{own.Name}'; use letters, digits and - for it."
            for name, times in List.countBy id names do
                if times > 1 then
                    $"{times} stages are called {name}; give each a name of its own."
        ]

    /// What is wrong with an experiment, a sentence for each mistake; empty when nothing is. Models and texts are not opened.
    let experiment (experiment: Experiment) =
        let names =
            experiment.Cells |> List.countBy _.Name |> List.filter (fun (_, n) -> n > 1)

        List.concat
            [
                [
                    if
                        experiment.Name = ""
                        || experiment.Name
                           |> Seq.exists (fun c -> not (Char.IsLetterOrDigit c || c = '-' || c = '_' || c = '.'))
                        || experiment.Name.StartsWith '.'
                    then
                        $"The name '{experiment.Name}' cannot name a folder; use letters, digits, - and _."
                    if experiment.Cells.IsEmpty then
                        $"The experiment {experiment.Name} has no cell; widen the sweep or its filter."
                ]
                axisErrors experiment.Cells
                stageErrors experiment
                names
                |> List.map (fun (name, n) ->
                    $"{n} different cells are called {name}; give the sweep an axis that tells them apart.")
                experiment.Cells |> List.map (fun cell -> cell, spec cell.Spec) |> prefixed
            ]

    /// What is wrong with its cells for their models.
    let internal models (configOf: Spec -> ModelConfig) (experiment: Experiment) =
        experiment.Cells
        |> List.filter (fun cell -> not cell.Spec.Corpus.Source.IsStoredActivations)
        |> List.map (fun cell -> cell, againstModel (configOf cell.Spec) cell.Spec)
        |> prefixed
